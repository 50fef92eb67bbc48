"""Without a token GitHub counts everybody behind this server's address together, and so does GridOS."""

import asyncio

from gridos.plugins import ConnectionRef
from gridos.sandbox import Repository
from tests.github.desk import Desk


def _add(desk: Desk, *names: str) -> None:
    for name in names:
        desk.world.add(Repository("acme", name, ["a", "b"]))


async def test_strangers_share_one_answer(desk: Desk) -> None:
    """Ten people without a token cost one of the sixty requests."""
    _add(desk, "rocket")
    asked = (desk.ask(desk.connect(), "STARS", "acme/rocket") for _ in range(10))
    assert await asyncio.gather(*asked) == [2] * 10
    assert await desk.ask(desk.connect(), "FORKS", "acme/rocket") == 0
    assert await desk.paths() == {"/repos/acme/rocket": 1}


async def test_owner_of_a_token_shares_nothing(desk: Desk, ada: ConnectionRef, stranger: ConnectionRef) -> None:
    """Ada neither uses what strangers were told nor the requests they have left."""
    _add(desk, "rocket")
    desk.world.anonymous_per_hour = 1
    assert await desk.ask(stranger, "STARS", "acme/rocket") == 2
    assert await desk.ask(ada, "STARS", "acme/rocket") == 2
    assert await desk.paths() == {"/repos/acme/rocket": 2}


async def test_spent_quota_is_everybodys_and_says_so(desk: Desk, ada: ConnectionRef, stranger: ConnectionRef) -> None:
    """When the sixty are used up, no stranger asks any more, each is told why and what helps, and Ada goes on."""
    _add(desk, "one", "two", "three")
    desk.world.anonymous_per_hour = 1
    assert await desk.ask(stranger, "STARS", "acme/one") == 2
    first = await desk.error(stranger, "STARS", "acme/two")
    second = await desk.error(desk.connect(), "STARS", "acme/three")
    for error in (first, second):
        assert error.code == "#GITHUB_RATE_LIMIT!"
        assert error.retry_at
        assert "Of 1 in all, 0 are left." in error.detail
        assert "everybody on this server" in error.detail
        assert "token" in error.action
    assert "/repos/acme/three" not in await desk.paths()
    assert await desk.ask(ada, "STARS", "acme/two") == 2


async def test_earlier_number_stays_while_the_quota_is_spent(desk: Desk, stranger: ConnectionRef) -> None:
    """A limit hides no number."""
    _add(desk, "rocket")
    desk.world.anonymous_per_hour = 1
    assert await desk.ask(stranger, "STARS", "acme/rocket") == 2
    desk.later += 400
    assert await desk.ask(stranger, "STARS", "acme/rocket") == 2


async def test_what_is_left_is_shown(desk: Desk, stranger: ConnectionRef, ada: ConnectionRef) -> None:
    """A stranger whose repository is not found learns how many requests are left; Ada is told about her token."""
    theirs = await desk.error(stranger, "STARS", "acme/missing")
    assert "Of 60 requests an hour for everybody on this server, 59 are left." in theirs.detail
    hers = await desk.error(ada, "STARS", "acme/missing")
    assert "requests" not in hers.detail
    assert "not visible to this connection" in hers.detail
    assert "token" in hers.action


async def test_stored_token_is_used_at_once(desk: Desk, stranger: ConnectionRef) -> None:
    """Whoever stores one while the quota is spent need not wait for the hour's end."""
    _add(desk, "rocket")
    desk.world.anonymous_per_hour = 0
    assert await desk.word(stranger, "STARS", "acme/rocket") == "#GITHUB_RATE_LIMIT!"
    owner = desk.connect("github_pat_test_ada", replaced=stranger)
    assert await desk.ask(owner, "STARS", "acme/rocket") == 2
