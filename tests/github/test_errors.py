"""Each error that the guide names, made by the sandbox and seen in a cell: engine, fetch layer and plugin are real."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from gridos.plugins import ConnectionRef, shipped_folder
from gridos.sandbox import GITHUB_TOKENS, Repository, Sandbox
from gridos.testing import evaluate
from tests.github.conftest import ADA
from tests.github.desk import Desk

STARS = '=GITHUB_STARS("acme/rocket")'


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """The usual people."""
    async with Sandbox(accounts={}) as sandbox:
        yield sandbox


async def _cell(url: str, formula: str, name: str = "ada") -> object:
    secrets = {"TOKEN": GITHUB_TOKENS.get(name, name)} if name else {}
    return await asyncio.to_thread(evaluate, formula, plugin=shipped_folder() / "github", secrets=secrets, upstream=url)


async def _order(sandbox: Sandbox, **fault: Any) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.url}/_sandbox/faults", json=fault) as response,
    ):
        assert response.status == 201


@pytest.mark.parametrize(
    ("formula", "name", "shown"),
    [
        ('=GITHUB_STARS("acme/rocket") >= 0', "ada", True),
        ('=GITHUB_FORKS("acme/rocket") >= 0', "", True),
        ('=GITHUB_OPEN_ISSUES("github.com/acme/rocket") >= 0', "ada", True),
        ('=GITHUB_COMMITS_LAST_N_DAYS("acme/single", 365)', "ada", 1),
        ('=GITHUB_COMMITS_LAST_N_DAYS("acme/empty")', "ada", 0),
        ('=GITHUB_COMMITS_LAST_N_DAYS("acme/quiet",) >= 0', "ada", True),
        ('=GITHUB_STARS("acme/before") = GITHUB_STARS("acme/renamed")', "ada", True),
        ('=GITHUB_STARS("ada/ledger") >= 0', "weak", True),
        (STARS, "github_pat_nobodys", "#GITHUB_AUTH!"),
        ('=GITHUB_COMMITS_LAST_N_DAYS("ada/ledger")', "weak", "#GITHUB_FORBIDDEN!"),
        ('=GITHUB_STARS("acme/blocked")', "ada", "#GITHUB_FORBIDDEN!"),
        ('=GITHUB_STARS("acme/removed")', "ada", "#GITHUB_451!"),
        (STARS, "spent", "#GITHUB_RATE_LIMIT!"),
        ('=GITHUB_STARS("acme/missing")', "ada", "#GITHUB_NOT_FOUND!"),
        ('=GITHUB_STARS("ben/ledger")', "ada", "#GITHUB_NOT_FOUND!"),
        ('=GITHUB_STARS("ada/ledger")', "", "#GITHUB_NOT_FOUND!"),
        ('=GITHUB_STARS("../user")', "ada", "#GITHUB_BAD_REPO!"),
        ("=GITHUB_STARS(B7)", "ada", "#GITHUB_BAD_REPO!"),
        ("=GITHUB_STARS()", "ada", "#VALUE!"),
        ('=GITHUB_STARS("acme/rocket", 3)', "ada", "#VALUE!"),
        ('=GITHUB_COMMITS_LAST_N_DAYS("acme/rocket", "abc")', "ada", "#VALUE!"),
        ('=GITHUB_COMMITS_LAST_N_DAYS("acme/rocket", 9999)', "ada", "#NUM!"),
        ('=GITHUB_COMMITS_LAST_N_DAYS("acme/rocket", 1/0)', "ada", "#DIV/0!"),
        ('=IFERROR(GITHUB_STARS("acme/missing"), "none")', "ada", "none"),
    ],
)
async def test_cell_shows_what_the_guide_names(sandbox: Sandbox, formula: str, name: str, shown: object) -> None:
    """Numbers and errors pass through the layers unchanged."""
    assert await _cell(sandbox.url, formula, name) == shown


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        ({"status": 401}, "#GITHUB_AUTH!"),
        ({"status": 403}, "#GITHUB_FORBIDDEN!"),
        ({"status": 429}, "#GITHUB_RATE_LIMIT!"),
        ({"html": True}, "#GITHUB_ERROR!"),
        ({"redirect": "/user"}, "#GITHUB_ERROR!"),
        ({"status": 304}, "#GITHUB_ERROR!"),
        ({"status": 200, "body": {"stargazers_count": 3}}, "#GITHUB_ERROR!"),
        ({"status": 200, "body": {"stargazers_count": -1, "forks_count": 1, "open_issues_count": 1}}, "#GITHUB_ERROR!"),
        (
            {"status": 200, "body": {"stargazers_count": True, "forks_count": 1, "open_issues_count": 1}},
            "#GITHUB_ERROR!",
        ),
        ({"status": 418}, "#GITHUB_418!"),
    ],
    ids=repr,
)
async def test_broken_upstream_is_an_error(sandbox: Sandbox, fault: dict[str, Any], shown: str) -> None:
    """Nothing but GitHub's own answers becomes a number."""
    await _order(sandbox, **fault)
    assert await _cell(sandbox.url, STARS) == shown


async def test_server_error_that_stays_is_shown(sandbox: Sandbox) -> None:
    """Its status is its text."""
    await _order(sandbox, status=500)
    assert await _cell(sandbox.url, STARS) == "#GITHUB_500!"


async def test_upstream_that_is_away_is_offline() -> None:
    """Nobody listens there."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert await _cell(f"http://127.0.0.1:{closed.getsockname()[1]}", STARS) == "#GITHUB_OFFLINE!"


async def test_details_say_what_to_do(desk: Desk) -> None:
    """The missing permission, the reason of a block, and single sign-on are named."""
    headers = {"X-Accepted-GitHub-Permissions": "contents=read"}
    sso = {"X-GitHub-SSO": "required; url=https://github.com/orgs/acme/sso?authorization_request=secret"}
    kinds: list[tuple[dict[str, Any], str, str]] = [
        ({"status": 403, "headers": headers}, "contents=read", "Grant it"),
        ({"status": 403, "headers": sso}, "single sign-on", "Authorize the token"),
        ({"status": 403, "body": {"message": "Repository access blocked", "block": {"reason": "tos"}}}, "(tos)", "No"),
        ({"status": 451, "body": {"message": "Repository access blocked", "block": {}}}, "no reason given", "No"),
    ]
    for fault, detail, action in kinds:
        await desk.order(times=1, **fault)
        error = await desk.error(desk.connect(ADA), "STARS", "acme/rocket")
        assert detail in error.detail
        assert error.action.startswith(action)
        assert "authorization_request" not in f"{error.detail}{error.action}"


async def test_upstreams_words_are_not_shown(desk: Desk) -> None:
    """Whatever GitHub, or somebody in its place, writes into an error stays out of the cell."""
    for status in (401, 403, 404, 409, 422, 451, 500):
        body = {"message": "Repository access blocked <b>canary</b>", "block": {"reason": "canary <b>"}}
        await desk.order(status=status, body=body, times=4)
        error = await desk.error(desk.connect(ADA), "STARS", "acme/rocket")
        assert "canary" not in f"{error.code} {error.title} {error.detail} {error.action}"
        async with desk.session.delete(f"{desk.sandbox.url}/_sandbox/faults"):
            pass


async def test_limit_in_the_middle_keeps_what_is_known(desk: Desk, ada: ConnectionRef) -> None:
    """When the quota runs out among several repositories, those that were answered keep their numbers."""
    for number in range(4):
        desk.world.add(Repository("acme", f"r{number}", ["a"]))
    await desk.ask(ada, "STARS", "acme/r0")
    await desk.order(status=403, headers={"X-RateLimit-Remaining": "0", "Retry-After": "90"})
    shown = await desk.each(ada, "STARS", ["acme/r0", "acme/r1"])
    assert shown[0] == 1
    assert shown[1].code == "#GITHUB_RATE_LIMIT!"


async def test_token_stays_out_of_errors_that_echo_it(desk: Desk) -> None:
    """Somebody in GitHub's place who sends the token back in a place that is shown gets nothing into the cell."""
    await desk.order(status=403, headers={"X-Accepted-GitHub-Permissions": ADA})
    assert await desk.word(desk.connect(ADA), "STARS", "acme/rocket") == "#BLOCKED!"
