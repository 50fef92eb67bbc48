"""Each way in which connectors to GitHub are known to show a wrong number, named after it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from gridos.plugins import ConnectionRef
from gridos.sandbox import GitHubAccount, Issue, Repository
from tests.github.conftest import ADA
from tests.github.desk import DAY, Desk


def _ages(*days: float) -> list[int]:
    """Moments so many days ago, oldest first."""
    return sorted(int(time.time() - age * DAY) for age in days)


def _people(count: int) -> list[str]:
    return [f"person-{number}" for number in range(count)]


def _private(desk: Desk, *readers: str) -> Repository:
    return desk.world.add(
        Repository("acme", "secret", stargazers=_people(7), is_private=True, readers=frozenset(readers))
    )


async def test_cache_without_owner(desk: Desk, ada: ConnectionRef, ben: ConnectionRef, stranger: ConnectionRef) -> None:
    """Ben never reads Ada's private stars, and neither does a stranger or a wrong token."""
    _private(desk, "ada")
    assert await desk.ask(ada, "STARS", "acme/secret") == 7
    assert await desk.word(ben, "STARS", "acme/secret") == "#GITHUB_NOT_FOUND!"
    assert await desk.word(stranger, "STARS", "acme/secret") == "#GITHUB_NOT_FOUND!"
    assert await desk.word(desk.connect("github_pat_wrong"), "STARS", "acme/secret") == "#GITHUB_AUTH!"
    assert await desk.ask(ada, "STARS", "acme/secret") == 7


async def test_strangers_answer_for_an_owner(desk: Desk, ada: ConnectionRef, stranger: ConnectionRef) -> None:
    """That a stranger sees no such repository is not kept for Ada, who does."""
    _private(desk, "ada")
    assert await desk.word(stranger, "STARS", "acme/secret") == "#GITHUB_NOT_FOUND!"
    assert await desk.ask(ada, "STARS", "acme/secret") == 7


async def test_answers_outlive_disconnect(desk: Desk, ada: ConnectionRef) -> None:
    """When Ada's token is gone, so is what it could see, and no ETag of it is shown to anybody."""
    _private(desk, "ada")
    assert await desk.ask(ada, "STARS", "acme/secret") == 7
    bare = desk.connect(replaced=ada)
    desk.fetcher.forget(ada.id)
    assert await desk.word(bare, "STARS", "acme/secret") == "#GITHUB_NOT_FOUND!"


async def test_microseconds_in_the_window(desk: Desk, ada: ConnectionRef) -> None:
    """A window begins at a midnight, so cells that ask at different moments ask for the same."""
    desk.world.add(Repository("acme", "rocket", commits=_ages(1)))
    for _ in range(5):
        assert await desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/rocket", 30) == 1
        await desk.ask(ada, "COMMITS_LAST_N_DAYS", "Acme/Rocket", 30.9)
        await desk.ask(ada, "COMMITS_LAST_N_DAYS", "https://github.com/acme/rocket", None)
    assert await desk.paths() == {"/repos/acme/rocket/commits": 1}


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        ("abc", "#VALUE!"),
        ("30", "#VALUE!"),
        (True, "#VALUE!"),
        ([[30]], "#VALUE!"),
        (9999, "#NUM!"),
        (366, "#NUM!"),
        (0, "#NUM!"),
        (-5, "#NUM!"),
    ],
)
async def test_days_replaced_or_clamped(desk: Desk, ada: ConnectionRef, days: object, shown: str) -> None:
    """Junk is an error, not 30, and too many days are not 365."""
    desk.world.add(Repository("acme", "rocket", commits=_ages(1)))
    assert await desk.word(ada, "COMMITS_LAST_N_DAYS", "acme/rocket", days) == shown
    assert not await desk.paths()


async def test_not_midnight(desk: Desk, ada: ConnectionRef) -> None:
    """The first second of the day counts, the last one of the day before does not."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    edge = int((midnight - timedelta(days=7)).timestamp())
    desk.world.add(Repository("acme", "rocket", commits=[edge - DAY, edge - 1, edge, edge + 1]))
    assert await desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/rocket", 7) == 2
    assert await desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/rocket", 8) == 4


async def test_operators_environment_answers(
    desk: Desk, stranger: ConnectionRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's own token is not lent to those who have none."""
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.setenv(name, ADA)
    _private(desk, "ada")
    assert await desk.word(stranger, "STARS", "acme/secret") == "#GITHUB_NOT_FOUND!"


async def test_html_or_redirect_taken_as_data(desk: Desk, ada: ConnectionRef) -> None:
    """A page, another host's answer and a list are no repository."""
    desk.world.add(Repository("acme", "rocket"))
    for fault in ({"html": True}, {"redirect": "https://elsewhere.example/repositories/1", "status": 301}):
        await desk.order(**fault, times=1)
        assert await desk.word(ada, "STARS", "acme/rocket") == "#GITHUB_ERROR!"
        desk.later += 1000
    await desk.order(status=200, body=[1, 2], times=1)
    assert await desk.word(ada, "STARS", "acme/rocket") == "#GITHUB_ERROR!"


async def test_100_commit_cap(desk: Desk, ada: ConnectionRef) -> None:
    """More commits than a page holds are all counted, by one request."""
    for count in (99, 100, 101, 12_345):
        desk.world.add(Repository("acme", f"r{count}", commits=_ages(*(number % 25 for number in range(count)))))
        assert await desk.ask(ada, "COMMITS_LAST_N_DAYS", f"acme/r{count}") == count
        assert await desk.paths() == {f"/repos/acme/r{count}/commits": 1}


async def test_empty_repository(desk: Desk, ada: ConnectionRef) -> None:
    """A repository without a commit has none; GitHub's 409 is no error of ours."""
    desk.world.add(Repository("acme", "empty"))
    assert await desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/empty") == 0
    assert await desk.ask(ada, "STARS", "acme/empty") == 0


async def test_other_conflict_is_no_zero(desk: Desk, ada: ConnectionRef) -> None:
    """Only an empty repository makes a 409 a number."""
    desk.world.add(Repository("acme", "rocket", commits=_ages(1)))
    await desk.order(status=409)
    assert await desk.word(ada, "COMMITS_LAST_N_DAYS", "acme/rocket") == "#GITHUB_409!"


async def test_one_commit(desk: Desk, ada: ConnectionRef) -> None:
    """One page has no `Link`, and none at all has not either."""
    desk.world.add(Repository("acme", "single", commits=_ages(1)))
    desk.world.add(Repository("acme", "old", commits=_ages(100)))
    assert await desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/single") == 1
    assert await desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/old") == 0


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ('<https://h/c?per_page=1&page=2>; rel="next", <https://h/c?per_page=1&page=34>; rel="last"', 34),
        ('<https://h/c?page=2&per_page=1>; rel="next", <https://h/c?page=34&per_page=1>; rel="last"', 34),
        ('<https://h/c?per_page=1&page=34>; foo="bar"; rel="last"', 34),
        ('<https://h/c?per_page=1&page=2>; rel="next"', "#GITHUB_ERROR!"),
        ('<https://h/c?per_page=7>; rel="last"', "#GITHUB_ERROR!"),
        ('<https://h/c?page=3&page=4>; rel="last"', "#GITHUB_ERROR!"),
        ('<https://h/c?page=-3>; rel="last"', "#GITHUB_ERROR!"),
    ],
)
async def test_per_page_as_page(desk: Desk, ada: ConnectionRef, link: str, shown: object) -> None:
    """The last page's number is the parameter `page` of that link, and nothing that looks like it."""
    await desk.order(status=200, body=[{"sha": "1"}], headers={"Link": link})
    answer = await desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/rocket")
    assert (answer if isinstance(answer, int) else answer.code) == shown


async def test_page_larger_than_asked_for(desk: Desk, ada: ConnectionRef) -> None:
    """If one commit a page is not what comes, the number of pages is not that of commits."""
    await desk.order(status=200, body=[{"sha": "1"}, {"sha": "2"}])
    assert await desk.word(ada, "COMMITS_LAST_N_DAYS", "acme/rocket") == "#GITHUB_ERROR!"


BAD = [
    "../user",
    "acme/../user",
    "a/b?x=1#",
    "a/b/c",
    "a/..",
    "a/.",
    "a/.git",
    "/repos/a/b",
    "a",
    "",
    " ",
    "a/b\nc",
    "a/b c",
    "a%2fb/c",
    "-a/b",
    "a" * 40 + "/b",
    "a/" + "b" * 101,
    "ä/b",
    "a\\b",
    "https://github.com/acme",
    "https://github.com.example/acme/rocket",
    "https://www.github.com/acme/rocket",
    "https://api.github.com/acme/rocket",
    "https://github.com@elsewhere.example/acme/rocket",
    "https://elsewhere.example/github.com/acme/rocket",
    "https://github.com:8443/acme/rocket",
    "https://github.com//acme/rocket",
    "https://github.com/acme/../user",
    "ftp://github.com/acme/rocket",
    "git@github.com:acme/rocket.git",
    1,
    True,
    None,
    [["acme/rocket"]],
]


@pytest.mark.parametrize("repo", BAD, ids=repr)
@pytest.mark.parametrize("function", ["STARS", "COMMITS_LAST_N_DAYS"])
async def test_argument_as_part_of_an_address(desk: Desk, ada: ConnectionRef, function: str, repo: object) -> None:
    """What names no repository is refused before anything is sent."""
    assert await desk.word(ada, function, repo) == "#GITHUB_BAD_REPO!"
    assert not await desk.paths()


GOOD = [
    "acme/rocket",
    "ACME/Rocket",
    " acme/rocket ",
    "acme/rocket.git",
    "github.com/acme/rocket",
    "http://github.com/acme/rocket",
    "https://GitHub.com/acme/rocket",
    "https://github.com/acme/rocket/",
    "https://github.com/acme/rocket.git",
    "https://github.com/acme/rocket/tree/main/src?plain=1#L3",
    "https://github.com/acme/rocket?tab=readme-ov-file",
]


async def test_spellings_of_one_repository(desk: Desk, ada: ConnectionRef) -> None:
    """However a repository is named, it is the same one, asked for once."""
    desk.world.add(Repository("acme", "rocket", stargazers=_people(3)))
    assert await desk.each(ada, "STARS", GOOD) == [3] * len(GOOD)
    assert await desk.paths() == {"/repos/acme/rocket": 1}


async def test_odd_names(desk: Desk, ada: ConnectionRef) -> None:
    """Dots, hyphens and underscores are part of names, also for five at once."""
    names = ["a/.github", "a/_", "a/...", "a-b/c.d-e_f", "a_b/c"]
    for name in names:
        owner, repository = name.split("/")
        desk.world.add(Repository(owner, repository, stargazers=_people(len(name))))
    assert await desk.each(ada, "STARS", names) == [len(name) for name in names]
    assert [await desk.ask(desk.connect(ADA), "STARS", name) for name in names] == [len(name) for name in names]


async def test_renamed(desk: Desk, ada: ConnectionRef) -> None:
    """A former name still leads to its repository, by one more request, and its window goes along."""
    repository = Repository("acme", "now", stargazers=_people(5), commits=_ages(1, 2, 100), former=("acme/before",))
    place = f"/repositories/{desk.world.add(repository).id}"
    assert await desk.ask(ada, "STARS", "acme/before") == 5
    assert await desk.paths() == {"/repos/acme/before": 1, place: 1}
    assert await desk.ask(ada, "COMMITS_LAST_N_DAYS", "acme/before") == 2
    assert await desk.paths() == {"/repos/acme/before/commits": 1, f"{place}/commits": 1}


async def test_renamed_by_a_whole_address(desk: Desk, ada: ConnectionRef) -> None:
    """GitHub sends people to its own host; the path is followed, and never with a query that is not ours."""
    repository = desk.world.add(Repository("acme", "now", commits=_ages(1, 100)))
    moved = f"https://api.github.com/repositories/{repository.id}/commits"
    for address in (moved, f"{moved}?per_page=1", f"{moved}?since=2001-01-01T00:00:00Z&per_page=1"):
        await desk.order(redirect=address, status=301, times=1)
        assert await desk.ask(desk.connect(ADA), "COMMITS_LAST_N_DAYS", "acme/before") == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/repositories/{}",
        "http://api.github.com/repositories/{}",
        "https://api.github.com:444/repositories/{}",
        "https://api.github.com@elsewhere.example/repositories/{}",
        "//elsewhere.example/repositories/{}",
        "/repositories/{}/commits",
        "/repositories/{}/../../user",
        "/user",
        "",
    ],
)
async def test_renamed_to_anywhere(desk: Desk, ada: ConnectionRef, address: str) -> None:
    """A redirect that is not the one of a rename is an error, and followed nowhere."""
    repository = desk.world.add(Repository("acme", "now", stargazers=_people(5)))
    await desk.order(redirect=address.format(repository.id), status=301)
    assert await desk.word(ada, "STARS", "acme/before") == "#GITHUB_ERROR!"
    assert await desk.paths() == {"/repos/acme/before": 1}


async def test_renamed_in_a_circle(desk: Desk, ada: ConnectionRef) -> None:
    """A rename is followed once."""
    await desk.order(redirect="/repositories/1", status=301)
    assert await desk.word(ada, "STARS", "acme/before") == "#GITHUB_ERROR!"
    assert await desk.paths() == {"/repos/acme/before": 1, "/repositories/1": 1}


async def test_any_403_is_a_limit(desk: Desk, ada: ConnectionRef) -> None:
    """A 403 is a limit only if GitHub says so; a permission or a block does not pass by itself."""
    kinds = [
        ({"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 90)}}, "RATE_LIMIT"),
        ({"headers": {"Retry-After": "90"}}, "RATE_LIMIT"),
        ({"body": {"message": "You have exceeded a secondary rate limit."}}, "RATE_LIMIT"),
        ({"body": {"message": "Resource not accessible by personal access token"}}, "FORBIDDEN"),
        ({"body": {"message": "Repository access blocked", "block": {"reason": "tos"}}}, "FORBIDDEN"),
        ({"headers": {"X-RateLimit-Remaining": "4999"}}, "FORBIDDEN"),
    ]
    for fault, word in kinds:
        await desk.order(status=403, **fault, times=1)
        error = await desk.error(desk.connect(ADA), "STARS", "acme/rocket")
        assert error.code == f"#GITHUB_{word}!"
        assert (error.retry_at is not None) == (word == "RATE_LIMIT")
    desk.world.add(Repository("acme", "rocket", stargazers=_people(1)))
    assert await desk.ask(ada, "STARS", "acme/rocket") == 1


async def test_pull_requests_left_out(desk: Desk, ada: ConnectionRef) -> None:
    """Open issues are GitHub's own count, which includes pull requests, by either road."""
    names = [f"acme/r{number}" for number in range(5)]
    for name in names:
        issues = [Issue(), Issue(), Issue(is_pull_request=True), Issue(is_open=False)]
        desk.world.add(Repository("acme", name.removeprefix("acme/"), issues=issues))
    assert await desk.ask(ada, "OPEN_ISSUES", names[0]) == 3
    assert await desk.each(desk.connect(ADA), "OPEN_ISSUES", names) == [3] * 5


async def test_null_as_zero(desk: Desk, ada: ConnectionRef) -> None:
    """A part of a batch that the token may not see is null there, as an empty repository's is; it is no zero."""
    readers = frozenset({"ada"})
    desk.world.accounts = {ADA: GitHubAccount("ada", frozenset({"metadata"}))}
    for number in range(5):
        desk.world.add(
            Repository("acme", f"r{number}", issues=[Issue()], commits=_ages(1), is_private=True, readers=readers)
        )
    names = [f"acme/r{number}" for number in range(5)]
    assert {error.code for error in await desk.each(ada, "COMMITS_LAST_N_DAYS", names)} == {"#GITHUB_FORBIDDEN!"}
    assert await desk.each(ada, "OPEN_ISSUES", names) == [1] * 5


async def test_call_cut_short_leaves_nothing_behind(desk: Desk, ada: ConnectionRef) -> None:
    """A cell that is deleted while it loads harms no other that asks for the same."""
    desk.world.add(Repository("acme", "rocket", stargazers=_people(2)))
    first, second = (asyncio.create_task(desk.ask(ada, "STARS", "acme/rocket")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 2
