"""GitHub's REST API, as far as counts need it, and the door to its GraphQL."""

import hashlib
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from aiohttp import web

from gridos.sandbox.github import graphql
from gridos.sandbox.github.quotas import Quota, Quotas
from gridos.sandbox.github.world import GitHubAccount, GitHubWorld, Repository, can_see

_DOCS: Final = "https://docs.github.com/rest"
_MOST_ROWS: Final = 100
_BLOCKED: Final = {"dmca": 451}


class _Refusal(Exception):
    """An answer that is no success, in GitHub's shape."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body = {"message": message, **more, "documentation_url": _DOCS, "status": str(status)}


@dataclass(frozen=True, slots=True)
class _Asking:
    request: web.Request
    account: GitHubAccount | None
    quota: Quota


_Answer: TypeAlias = Callable[[_Asking], Awaitable[web.Response]]


class GitHubApi:
    """The routes of the stand-in."""

    def __init__(self, world: GitHubWorld, token_of: Callable[[web.Request], str]) -> None:
        self._world = world
        self._token_of = token_of
        self._quotas = Quotas()
        self._numbers = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        """GitHub's own paths; it knows a repository by its name and, where a rename leads, by its id."""
        return [
            web.get("/user", self._answering(self._user)),
            web.post("/graphql", self._answering(self._graphql, "graphql")),
            *(
                web.get(place + path, self._answering(answer))
                for place in ("/repos/{owner}/{name}", "/repositories/{id:[0-9]{1,12}}")
                for path, answer in (("", self._repository), ("/commits", self._commits))
            ),
            *(
                web.route("*", f"/{first}/{{rest:.*}}", self._answering(_unknown))
                for first in ("repos", "repositories")
            ),
        ]

    def _answering(self, answer: _Answer, resource: str = "core") -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            headers = {"X-GitHub-Request-Id": f"C0DE:{next(self._numbers):06X}", "X-GitHub-Media-Type": "github.v3"}
            try:
                asking = self._let_in(request, resource)
                response = await self._counted(asking, answer)
                headers |= asking.quota.headers()
            except _Refusal as refusal:
                response = web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)
            response.headers.update(headers)
            return response

        return handler

    def _let_in(self, request: web.Request, resource: str) -> _Asking:
        token = self._token_of(request)
        account = self._world.accounts.get(token)
        if token and account is None:
            raise _Refusal(401, "Bad credentials")
        limit = account.per_hour if account else self._world.anonymous_per_hour
        quota = self._quotas.get(account.name if account else f"address {request.remote}", resource, limit)
        if not quota.remaining:
            whom = f"user ID {account.name}" if account else str(request.remote)
            raise _Refusal(403, f"API rate limit exceeded for {whom}.", quota.headers())
        return _Asking(request, account, quota)

    async def _counted(self, asking: _Asking, answer: _Answer) -> web.Response:
        """The answer, with its ETag; one that is known already costs nothing, but only with a token."""
        asking.quota.used += 1
        try:
            response = await answer(asking)
        except _Refusal as refusal:
            refusal.headers = {**asking.quota.headers(), **refusal.headers}
            raise
        if asking.request.method == "GET" and response.status == web.HTTPOk.status_code:
            assert isinstance(response.body, bytes)
            tag = f'W/"{hashlib.sha256(response.body).hexdigest()}"'
            if asking.request.headers.get("If-None-Match") == tag:
                asking.quota.used -= asking.account is not None
                response = web.Response(status=304)
            response.headers["ETag"] = tag
        return response

    async def _user(self, asking: _Asking) -> web.Response:
        if asking.account is None:
            raise _Refusal(401, "Requires authentication")
        return web.json_response({"login": asking.account.name, "id": 1, "type": "User"})

    async def _repository(self, asking: _Asking) -> web.Response:
        repository = self._find(asking, "metadata")
        return web.json_response(
            {
                "id": repository.id,
                "name": repository.name,
                "full_name": repository.full_name,
                "private": repository.is_private,
                "archived": repository.is_archived,
                "stargazers_count": len(repository.stargazers),
                "watchers_count": len(repository.stargazers),
                "forks_count": len(repository.forks),
                "open_issues_count": repository.count_open(pull_requests=False)
                + repository.count_open(pull_requests=True),
                "subscribers_count": 1,
                "default_branch": "main",
            }
        )

    async def _commits(self, asking: _Asking) -> web.Response:
        repository = self._find(asking, "contents")
        if not repository.commits:
            raise _Refusal(409, "Git Repository is empty.")
        commits = _shown(repository, _since(asking.request))
        size, page = min(_number(asking.request, "per_page", 30), _MOST_ROWS), _number(asking.request, "page", 1)
        link = _link(asking.request, page, last=-(-len(commits) // size))
        rows = commits[(page - 1) * size : page * size]
        return web.json_response([row() for row in rows], headers={"Link": link} if link else {})

    async def _graphql(self, asking: _Asking) -> web.Response:
        if asking.account is None:
            raise _Refusal(401, "This endpoint requires you to be authenticated.")
        try:
            posted = await asking.request.json()
            query, variables = posted["query"], posted.get("variables")
        except (ValueError, TypeError, KeyError, AttributeError):
            raise _Refusal(400, "Problems parsing JSON") from None
        who = graphql.Asking(self._world, asking.account, asking.quota)
        return web.json_response(graphql.answer(query, variables, who))

    def _find(self, asking: _Asking, permission: str) -> Repository:
        found = self._look_up(asking)
        if found is None:
            raise _Refusal(404, "Not Found")
        if found.blocked:
            block = {"reason": found.blocked, "created_at": "2026-01-01T00:00:00Z", "html_url": None}
            raise _Refusal(_BLOCKED.get(found.blocked, 403), "Repository access blocked", block=block)
        if asking.account and not asking.account.may_read(found, permission):
            needed = {"X-Accepted-GitHub-Permissions": f"{permission}=read"}
            raise _Refusal(403, "Resource not accessible by personal access token", needed)
        return found

    def _look_up(self, asking: _Asking) -> Repository | None:
        """By id, or by name; a former name is answered with the way to the id, in a relative address."""
        place = asking.request.match_info
        if "id" in place:
            repository = self._world.by_id.get(int(place["id"]))
            return repository if repository and can_see(asking.account, repository) else None
        repository = self._world.find(place["owner"], place["name"], asking.account)
        if repository and repository.full_name.lower() != f"{place['owner']}/{place['name']}".lower():
            rest = asking.request.path.split("/", 4)[4:]
            address = "/".join(["/repositories", str(repository.id), *rest])
            query = asking.request.query_string
            moved = f"{address}?{query}" if query else address
            raise _Refusal(301, "Moved Permanently", {"Location": moved}, url=moved)
        return repository


async def _unknown(_: _Asking) -> web.Response:
    raise _Refusal(404, "Not Found")


def _number(request: web.Request, name: str, default: int) -> int:
    """GitHub takes the default for what is no number."""
    text = request.query.get(name, "")
    return max(1, int(text)) if text.isdecimal() and text.isascii() else default


def _since(request: web.Request) -> float | None:
    text = request.query.get("since")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Refusal(422, "Invalid request.\n\nInvalid date for `since`.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _link(request: web.Request, page: int, last: int) -> str:
    """The pages around this one (RFC 8288); nothing where there is only one."""
    pages = {"prev": page - 1, "first": 1} if page > 1 else {}
    pages |= {"next": page + 1, "last": last} if page < last else {}

    def to(number: int) -> str:
        query = urlencode({**request.query, "page": number})
        return f"{request.url.origin()}{request.path}?{query}"

    return ", ".join(f'<{to(number)}>; rel="{name}"' for name, number in pages.items())


def _shown(repository: Repository, since: float | None) -> Sequence[Callable[[], dict[str, Any]]]:
    """The commits from a moment on, newest first, each made when it is shown. A commit's id seals all before it."""
    newest = len(repository.commits) - 1
    return [
        partial(_commit, f"{repository.id} {newest - age} {moment}", moment)
        for age, moment in enumerate(repository.since(since))
    ]


def _commit(content: str, moment: int) -> dict[str, Any]:
    date = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "sha": hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest(),
        "commit": {"message": "An invented change", "committer": {"name": "Somebody", "date": date}},
    }
