"""The stand-in behaves like GitHub where a connector could notice."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from gridos.sandbox import GITHUB_TOKENS, GitHubWorld, Sandbox, github_world

TODAY = datetime(2026, 3, 29, tzinfo=UTC)


@dataclass
class Caller:
    """Sends requests as one of the invented people; as a stranger without a name."""

    session: aiohttp.ClientSession
    url: str
    world: GitHubWorld

    def _headers(self, name: str, more: dict[str, str] | None = None) -> dict[str, str]:
        own = {"Authorization": f"Bearer {GITHUB_TOKENS.get(name, name)}"} if name else {}
        return own | (more or {})

    async def get(self, path: str, name: str = "ada", **headers: str) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON and headers, whose names are in lower case."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        request = self.session.get(self.url + path, headers=self._headers(name, named), allow_redirects=False)
        async with request as response:
            body = await response.json() if response.content_type == "application/json" else None
            return response.status, body, {key.lower(): value for key, value in response.headers.items()}

    async def graphql(self, query: str, name: str = "ada", **variables: object) -> Any:
        """The body of an answer to a query, whose status is 200."""
        json = {"query": query, "variables": variables}
        async with self.session.post(f"{self.url}/graphql", json=json, headers=self._headers(name)) as response:
            assert response.status == 200
            return await response.json()


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    """In front of the usual repositories, which a test may change."""
    world = github_world()
    async with Sandbox(accounts={}, github=world) as sandbox, aiohttp.ClientSession() as session:
        yield Caller(session, sandbox.url, world)


def test_same_seed_and_day_give_the_same_rows() -> None:
    """Invented data is stable, so that a number seen twice is the same number."""
    first, second, other = github_world(1, TODAY), github_world(1, TODAY), github_world(2, TODAY)
    assert first.by_id == second.by_id
    assert first.by_id != other.by_id
    assert all(max(one.commits, default=0) <= TODAY.timestamp() for one in first.by_id.values())


async def test_repository_counts_its_rows(caller: Caller) -> None:
    """Open issues include pull requests, and case does not matter."""
    _, shown, _ = await caller.get("/repos/Acme/ROCKET")
    repository = caller.world.find("acme", "rocket", None)
    assert repository
    assert shown["stargazers_count"] == len(repository.stargazers)
    assert shown["forks_count"] == len(repository.forks)
    assert shown["open_issues_count"] == sum(one.is_open for one in repository.issues)


async def test_private_repository_does_not_exist_for_others(caller: Caller) -> None:
    """404 and not 403, also by its id, for an account and for a stranger."""
    status, shown, _ = await caller.get("/repos/ada/ledger")
    assert (status, shown["private"]) == (200, True)
    for name in ("ben", ""):
        for path in ("/repos/ada/ledger", "/repos/ada/ledger/commits", f"/repositories/{shown['id']}"):
            assert (await caller.get(path, name))[0] == 404


async def test_missing_permission_is_named(caller: Caller) -> None:
    """In a header, and only for what is private."""
    status, _, headers = await caller.get("/repos/ada/ledger/commits", "weak")
    assert (status, headers["x-accepted-github-permissions"]) == (403, "contents=read")
    assert (await caller.get("/repos/acme/rocket/commits", "weak"))[0] == 200


async def test_commits_come_in_pages_with_links(caller: Caller) -> None:
    """Following `next` to `last` gives each commit once, newest first."""
    path, dates, pages = "/repos/acme/rocket/commits?per_page=100", list[str](), 0
    while path:
        _, rows, headers = await caller.get(path)
        dates += [row["commit"]["committer"]["date"] for row in rows]
        pages += 1
        following = re.search('<([^>]*)>; rel="next"', headers["link"])
        path = following[1].removeprefix(caller.url) if following else ""
    assert pages == 6
    assert len(dates) == 600
    assert dates == sorted(dates, reverse=True)


async def test_page_is_at_most_a_hundred_and_thirty_unless_told(caller: Caller) -> None:
    """GitHub gives fewer than it is asked for, silently."""
    for query, rows in (("", 30), ("?per_page=1000", 100), ("?per_page=ten", 30), ("?per_page=1&page=9999", 0)):
        assert len((await caller.get(f"/repos/acme/rocket/commits{query}"))[1]) == rows


async def test_single_page_has_no_link(caller: Caller) -> None:
    """Neither one commit, nor none in the window."""
    for path in ("/repos/acme/single/commits?per_page=1", "/repos/acme/rocket/commits?since=2999-01-01T00:00:00Z"):
        status, _, headers = await caller.get(path)
        assert (status, "link" in headers) == (200, False)
    assert (await caller.get("/repos/acme/rocket/commits?since=yesterday"))[0] == 422


async def test_empty_renamed_and_blocked_repositories_are_told(caller: Caller) -> None:
    """409, 301 to the id with the query, 403 and 451 with the reason."""
    assert (await caller.get("/repos/acme/empty/commits"))[0] == 409
    status, _, headers = await caller.get("/repos/acme/before/commits?per_page=1")
    renamed = caller.world.find("acme", "renamed", None)
    assert renamed
    assert (status, headers["location"]) == (301, f"/repositories/{renamed.id}/commits?per_page=1")
    for name, status, reason in (("blocked", 403, "tos"), ("removed", 451, "dmca")):
        answer = await caller.get(f"/repos/acme/{name}")
        assert (answer[0], answer[1]["block"]["reason"]) == (status, reason)


async def test_known_etag_is_304_and_free_with_a_token(caller: Caller) -> None:
    """A stranger pays for it; a changed repository has another one."""
    for name, cost in (("ada", 0), ("", 1)):
        _, _, first = await caller.get("/repos/acme/rocket", name)
        status, _, second = await caller.get("/repos/acme/rocket", name, If_None_Match=first["etag"])
        assert status == 304
        assert int(first["x-ratelimit-remaining"]) - int(second["x-ratelimit-remaining"]) == cost
    repository = caller.world.find("acme", "rocket", None)
    assert repository
    repository.stargazers.append("one more")
    assert (await caller.get("/repos/acme/rocket", If_None_Match=first["etag"]))[0] == 200


async def test_quota_is_counted_for_each_account_and_for_each_resource(caller: Caller) -> None:
    """5,000 an hour with a token, 60 without; GraphQL has a quota of its own, and nothing is left means 403."""
    for name, limit in (("ada", "5000"), ("ben", "5000"), ("", "60")):
        _, _, headers = await caller.get("/repos/acme/rocket", name)
        assert headers["x-ratelimit-limit"] == limit
        assert headers["x-ratelimit-remaining"] == str(int(limit) - 1)
        assert headers["x-ratelimit-resource"] == "core"
    assert (await caller.graphql("{ rateLimit { remaining } }"))["data"]["rateLimit"]["remaining"] == 4999
    caller.world.anonymous_per_hour = 1
    status, shown, headers = await caller.get("/repos/acme/rocket", "spent")
    assert (status, headers["x-ratelimit-remaining"]) == (403, "0")
    assert "rate limit exceeded" in shown["message"]


async def test_unknown_token_is_refused_without_being_repeated(caller: Caller) -> None:
    """401, for a stranger only where somebody is needed."""
    status, shown, _ = await caller.get("/repos/acme/rocket", "github_pat_nobodys")
    assert (status, "nobodys" in str(shown)) == (401, False)
    assert [(await caller.get("/user", name))[0] for name in ("", "ada")] == [401, 200]
    async with caller.session.post(f"{caller.url}/graphql", json={"query": "{ viewer { login } }"}) as response:
        assert response.status == 401


async def test_graphql_answers_several_at_once(caller: Caller) -> None:
    """Each alias is a repository or null with an error of its own, and renames are followed unless told otherwise."""
    body = await caller.graphql(
        """query($since: GitTimestamp!) {
          a: repository(owner: "acme", name: "rocket") {
            stargazerCount forkCount issues(states: OPEN) { totalCount } pullRequests(states: [OPEN]) { totalCount }
            defaultBranchRef { name target { oid ... on Commit { history(since: $since) { totalCount } } } }
          }
          b: repository(owner: "acme", name: "missing") { forkCount }
          c: repository(owner: "acme", name: "before") { nameWithOwner }
          d: repository(owner: "acme", name: "before", followRenames: false) { nameWithOwner }
          e: repository(owner: "acme", name: "empty") { defaultBranchRef { name } isArchived isPrivate }
          viewer { login }
        }""",
        since="2000-01-01T00:00:00Z",
    )
    data = body["data"]
    assert data["a"]["defaultBranchRef"]["target"]["history"]["totalCount"] == 600
    _, rest, _ = await caller.get("/repos/acme/rocket")
    opened = data["a"]["issues"]["totalCount"] + data["a"]["pullRequests"]["totalCount"]
    assert (data["a"]["stargazerCount"], opened) == (rest["stargazers_count"], rest["open_issues_count"])
    assert (data["b"], data["c"], data["d"]) == (None, {"nameWithOwner": "acme/renamed"}, None)
    assert data["e"] == {"defaultBranchRef": None, "isArchived": False, "isPrivate": False}
    assert [(error["type"], error["path"]) for error in body["errors"]] == [("NOT_FOUND", ["b"]), ("NOT_FOUND", ["d"])]


@pytest.mark.parametrize(
    "query",
    [
        '{ repository(owner: "acme", name: "rocket") { stars } }',
        '{ repository(owner: "acme") { forkCount } }',
        '{ repository(owner: "acme", name: "rocket") { issues(states: GONE) { totalCount } } }',
        "{ repository(",
    ],
)
async def test_graphql_refuses_what_it_does_not_know(caller: Caller, query: str) -> None:
    """An unknown field, a missing argument, an unknown state and half a query fail as a whole."""
    body = await caller.graphql(query)
    assert "data" not in body
    assert body["errors"][0]["message"]


async def test_graphql_knows_permissions_and_dates(caller: Caller) -> None:
    """What a token may not see is null with FORBIDDEN, and a date without a zone is refused."""
    query = """query($since: GitTimestamp!) { repository(owner: "ada", name: "ledger") {
      defaultBranchRef { target { ... on Commit { history(since: $since) { totalCount } } } } } }"""
    body = await caller.graphql(query, "weak", since="2000-01-01T00:00:00Z")
    assert body["data"]["repository"]["defaultBranchRef"] is None
    assert body["errors"][0]["type"] == "FORBIDDEN"
    assert "data" not in await caller.graphql(query, since="2000-01-01")


async def test_what_is_not_there_is_404(caller: Caller) -> None:
    """An address that the stand-in does not play, in GitHub's shape."""
    for path in ("/repos/acme/rocket/pulls", "/repos/acme", "/repositories/x", "/repositories/1"):
        status, shown, _ = await caller.get(path)
        assert (status, shown["message"]) == (404, "Not Found")
