"""How many requests the numbers cost."""

import asyncio
import time
from typing import Any

from gridos.plugins import ConnectionRef
from gridos.sandbox import Issue, Repository
from tests.github.conftest import ADA
from tests.github.desk import DAY, Desk

NUMBERS = ("STARS", "FORKS", "OPEN_ISSUES")


def _repositories(desk: Desk, count: int) -> list[str]:
    """So many repositories, no two with the same numbers."""
    for number in range(count):
        stars, commits = [f"s{star}" for star in range(number)], [int(time.time()) - DAY] * (number + 1)
        desk.world.add(Repository("acme", f"r{number}", stars, stars[1:], [Issue()] * number, commits))
    return [f"acme/r{number}" for number in range(count)]


async def test_stars_forks_and_issues_of_a_repository_are_one_request(desk: Desk, ada: ConnectionRef) -> None:
    """At the same time or one after the other."""
    _repositories(desk, 3)
    assert await asyncio.gather(*(desk.ask(ada, one, "acme/r2") for one in NUMBERS)) == [2, 1, 2]
    assert [await desk.ask(ada, one, "acme/r2") for one in reversed(NUMBERS)] == [2, 1, 2]
    assert await desk.paths() == {"/repos/acme/r2": 1}


async def test_fifty_repositories_are_two_requests(desk: Desk, ada: ConnectionRef) -> None:
    """With a token, twenty-five at a time, each with its own numbers."""
    names = _repositories(desk, 50)
    columns = await asyncio.gather(*(desk.each(ada, one, names) for one in NUMBERS))
    assert columns == [[*range(50)], [max(0, number - 1) for number in range(50)], [*range(50)]]
    assert await desk.paths() == {"/graphql": 2}
    assert await desk.each(ada, "COMMITS_LAST_N_DAYS", names) == [*range(1, 51)]
    assert await desk.paths() == {"/graphql": 2}


async def test_windows_of_one_batch_may_differ(desk: Desk, ada: ConnectionRef) -> None:
    """Each call of a batch keeps its own window."""
    desk.world.add(Repository("acme", "r", commits=[int(time.time()) - age * DAY for age in (40, 20, 10, 5, 3)]))
    asked = (desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/r", days) for days in (4, 6, 12, 25, 50))
    assert await asyncio.gather(*asked) == [1, 2, 3, 4, 5]
    assert await desk.paths() == {"/graphql": 1}


async def test_few_repositories_are_asked_for_one_by_one(desk: Desk, ada: ConnectionRef) -> None:
    """Below five, REST knows an ETag and costs no more."""
    names = _repositories(desk, 4)
    assert await desk.each(ada, "STARS", names) == [0, 1, 2, 3]
    assert "/graphql" not in await desk.paths()


async def test_without_a_token_nothing_is_batched(desk: Desk, stranger: ConnectionRef) -> None:
    """GraphQL answers no strangers, so they do not try."""
    names = _repositories(desk, 6)
    assert await desk.each(stranger, "STARS", names) == [*range(6)]
    assert await desk.paths() == {f"/repos/{name}": 1 for name in names}


async def test_unchanged_answer_keeps_the_value(desk: Desk, ada: ConnectionRef) -> None:
    """A 304 makes the earlier number young again, and with a token it costs nothing."""
    _repositories(desk, 3)

    async def look() -> list[Any]:
        return [await desk.ask(ada, one, "acme/r2") for one in ("STARS", "COMMITS_LAST_N_DAYS")]

    assert await look() == [2, 3]
    left = await _left(desk)
    for _ in range(3):
        desk.later += 400
        assert await look() == [2, 3]
        answer = await desk.answer(ada, "STARS", "acme/r2")
        assert not answer.stale
        assert answer.fetched_at
        assert answer.fetched_at > time.time() + desk.later - 100
    assert await _left(desk) == left - 1  # the request that looks is the only one that was counted
    assert (await desk.paths())["/repos/acme/r2"] == 4


async def test_changed_answer_is_taken(desk: Desk, ada: ConnectionRef) -> None:
    """As soon as a star or a commit is added, the ETag no longer fits."""
    repository = desk.world.add(Repository("acme", "r", ["a"], commits=[int(time.time()) - DAY]))
    assert [await desk.ask(ada, one, "acme/r") for one in ("STARS", "COMMITS_LAST_N_DAYS")] == [1, 1]
    repository.stargazers.append("b")
    repository.commits.append(int(time.time()) - DAY)
    desk.later += 400
    assert [await desk.ask(ada, one, "acme/r") for one in ("STARS", "COMMITS_LAST_N_DAYS")] == [2, 2]


async def test_older_commit_that_arrives_changes_the_newest(desk: Desk, ada: ConnectionRef) -> None:
    """A merge brings old commits below a new one, so a count of several is never kept by mistake."""
    now = int(time.time())
    repository = desk.world.add(Repository("acme", "r", commits=[now - 3 * DAY, now - DAY]))
    assert await desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/r") == 2
    repository.commits.insert(1, now - 2 * DAY)
    desk.later += 400
    assert await desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/r") == 3


async def test_refresh_now_asks_with_the_etag(desk: Desk, ada: ConnectionRef) -> None:
    """Asking anew is still cheap while nothing has changed."""
    _repositories(desk, 3)
    await desk.answer(ada, "STARS", "acme/r2")
    await desk.paths()
    left = await _left(desk)
    assert (await desk.answer(ada, "STARS", "acme/r2", fresh=True)).value == 2
    assert await desk.paths() == {"/user": 1, "/repos/acme/r2": 1}
    assert await _left(desk) == left - 1


async def test_renamed_repository_is_known_by_its_etag_too(desk: Desk, ada: ConnectionRef) -> None:
    """The condition goes along to the new place."""
    desk.world.add(Repository("acme", "now", ["a"], former=("acme/before",)))
    assert await desk.ask(ada, "STARS", "acme/before") == 1
    desk.later += 400
    assert await desk.ask(ada, "STARS", "acme/before") == 1


async def test_batch_that_fails_is_asked_one_by_one(desk: Desk, ada: ConnectionRef) -> None:
    """Whatever GraphQL's trouble is, REST has the numbers."""
    names = _repositories(desk, 5)
    faults: list[dict[str, Any]] = [
        {"status": 502},
        {"html": True},
        {"redirect": "/elsewhere"},
        {"status": 200, "body": {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}},
        {"status": 200, "body": {"data": {}}},
        {"status": 200, "body": {"data": None, "errors": [{"message": "Something went wrong", "path": ["r0"]}]}},
        {"status": 200, "body": {"data": {f"r{number}": {"stargazerCount": "1"} for number in range(5)}}},
        {"status": 200, "body": []},
        {"status": 200, "body": {"data": {}, "errors": ["?"]}},
        {"status": 403, "body": {"message": "Resource not accessible by personal access token"}},
    ]
    for fault in faults:
        await desk.order(path="/graphql", **fault)
        assert await desk.each(desk.connect(ADA), "STARS", names) == [*range(5)], fault
        asked = await desk.paths()
        assert asked.pop("/graphql")
        assert asked == {f"/repos/{name}": 1 for name in names}


async def test_part_of_a_batch_that_fails_is_asked_alone(desk: Desk, ada: ConnectionRef) -> None:
    """A missing repository is its own error, a blocked one is explained by REST, and the others keep their numbers."""
    names = _repositories(desk, 4)
    desk.world.add(Repository("acme", "blocked", blocked="dmca"))
    shown = await desk.each(ada, "STARS", [*names, "acme/missing", "acme/blocked"])
    assert [one if isinstance(one, int) else one.code for one in shown] == [
        *range(4),
        "#GITHUB_NOT_FOUND!",
        "#GITHUB_451!",
    ]
    assert await desk.paths() == {"/graphql": 1, "/repos/acme/blocked": 1}


async def test_wrong_token_is_not_tried_again_for_each_of_a_batch(desk: Desk) -> None:
    """REST would not accept it either."""
    names = _repositories(desk, 5)
    shown = await desk.each(desk.connect("github_pat_wrong"), "STARS", names)
    assert {one.code for one in shown} == {"#GITHUB_AUTH!"}
    assert await desk.paths() == {"/graphql": 1}


async def test_owners_with_equal_calls_have_batches_of_their_own(
    desk: Desk, ada: ConnectionRef, ben: ConnectionRef
) -> None:
    """Ada and Ben ask for the same at the same moment, each with their own token."""
    names = _repositories(desk, 5)
    assert await asyncio.gather(desk.each(ada, "STARS", names), desk.each(ben, "STARS", names)) == [[*range(5)]] * 2
    assert await desk.paths() == {"/graphql": 2}


async def _left(desk: Desk) -> int:
    """How many requests Ada has left in this hour, after this one."""
    headers = {"Authorization": f"Bearer {ADA}"}
    async with desk.session.get(f"{desk.sandbox.url}/user", headers=headers) as response:
        return int(response.headers["X-RateLimit-Remaining"])
