"""
GitHub: stars, forks, open issues and commits of repositories.

A number is complete or an error. One request serves all that is known of a repository, commits are counted by the
number of the last page, and with a token many repositories are asked for at once. `docs/connectors.md` says to the
word what each function counts. The plugin never sees its token: the host puts it on the requests.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeAlias, cast
from urllib.parse import parse_qs, quote, urlsplit

from gridos.grid import CellError
from gridos.plugins import Kernel, Response, UpstreamError

Json: TypeAlias = dict[str, Any]

# https://docs.github.com/rest: a redirect leads to the number that a renamed repository keeps.
_HOST = "api.github.com"
_MOVED = re.compile(r"/repositories/[0-9]{1,19}(/commits)?")

_OWNER = "[A-Za-z0-9][A-Za-z0-9_-]{0,38}"
_NAME = "[A-Za-z0-9._-]{1,100}"
_REPOSITORY = re.compile(rf"({_OWNER})/({_NAME})")
_ADDRESS = re.compile(rf"(?i:https?://)?(?i:github\.com)/({_OWNER})/({_NAME})([/?#]\S*)?")

_ETAG = re.compile(r'(W/)?"[!#-~]{1,200}"')
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[a-z]+="[^"]*")*)')
_REASON = re.compile(rb'"reason"\s*:\s*"([a-z][a-z_]{0,39})"')

# GraphQL allows far more; larger queries only become slower than two beside each other.
_LEAST, _MOST = 5, 25
_NUMBERS = """stargazerCount forkCount
 issues(states: OPEN) { totalCount } pullRequests(states: OPEN) { totalCount }"""
_HISTORY = "defaultBranchRef { target { ... on Commit { history(since: $since%d) { totalCount } } } }"


def register(kernel: Kernel) -> None:
    """Offer the four functions."""

    @kernel.source("repo", ttl=300)
    async def repository(owner: str, name: str) -> Json:
        return await _ask_numbers(kernel, _path(owner, name))

    @kernel.batch("repo", least=_LEAST, most=_MOST)
    async def repositories(calls: Sequence[Sequence[str]]) -> list[Any]:
        return await _together(kernel, calls, lambda _: _NUMBERS, _numbers)

    @kernel.source("commits", ttl=300)
    async def commits(owner: str, name: str, since: str) -> Json:
        return await _ask_commits(kernel, f"{_path(owner, name)}/commits", since)

    @kernel.batch("commits", least=_LEAST, most=_MOST)
    async def histories(calls: Sequence[Sequence[str]]) -> list[Any]:
        return await _together(kernel, calls, lambda number: _HISTORY % number, _history)

    @kernel.formula("GITHUB_STARS")
    async def stars(repo: object) -> int:
        """How many people have starred a repository."""
        return (await repository(*_names(repo)))["stars"]

    @kernel.formula("GITHUB_FORKS")
    async def forks(repo: object) -> int:
        """How many forks of a repository there are."""
        return (await repository(*_names(repo)))["forks"]

    @kernel.formula("GITHUB_OPEN_ISSUES")
    async def open_issues(repo: object) -> int:
        """How many issues and pull requests of a repository are open."""
        return (await repository(*_names(repo)))["open_issues"]

    @kernel.formula("GITHUB_COMMITS_LAST_N_DAYS")
    async def commits_last_n_days(repo: object, days: object = 30) -> int:
        """Commits on the default branch since midnight UTC of today minus `days`."""
        return (await commits(*_names(repo), _since(days)))["count"]


# Arguments


def _names(repo: object) -> tuple[str, str]:
    """Owner and name in lower case, as GitHub compares them; nothing else can become part of an address."""
    text = repo.strip() if isinstance(repo, str) else ""
    if match := _REPOSITORY.fullmatch(text) or _ADDRESS.fullmatch(text):
        owner, name = match[1].lower(), match[2].lower().removesuffix(".git")
        if name not in {"", ".", ".."}:
            return owner, name
    action = 'Write "owner/name", or the address of a repository on github.com.'
    raise _stop("#GITHUB_BAD_REPO!", "Not a repository", "`repo` names a repository on GitHub.", action)


def _since(days: object) -> str:
    """The window's first second. Numbers lose their fraction, as Excel's whole-number arguments do."""
    if days is None:
        days = 30
    if isinstance(days, bool) or not isinstance(days, int | float):
        raise _stop("#VALUE!", "Not a number of days", "`days` is a whole number from 1 to 365.")
    if not 1 <= days < 366:  # noqa: PLR2004 -- 365.9 is 365 days; NaN fails the comparison too
        raise _stop("#NUM!", "Too few or too many days", "`days` is a whole number from 1 to 365.")
    return f"{datetime.now(UTC).date() - timedelta(days=int(days))}T00:00:00Z"


# One repository at a time


async def _ask_numbers(kernel: Kernel, path: str) -> Json:
    """What GitHub counts of a repository, in one request."""
    before = _earlier(kernel, "stars", "forks", "open_issues")
    response = await _get(kernel, path, {}, before)
    if before and response.status == HTTPStatus.NOT_MODIFIED:
        return before
    found = await _decoded(kernel, response)
    members = {"stars": "stargazers_count", "forks": "forks_count", "open_issues": "open_issues_count"}
    return {**{own: _count(found, theirs) for own, theirs in members.items()}, "etag": _etag(response)}


async def _ask_commits(kernel: Kernel, path: str, since: str) -> Json:
    """
    How many commits there are since a moment, from one page of one commit.

    The newest commit's id seals all before it, so as long as it stays, the number does: 304 is enough to know.
    """
    before = _earlier(kernel, "count")
    response = await _get(kernel, path, {"since": since, "per_page": 1}, before)
    if before and response.status == HTTPStatus.NOT_MODIFIED:
        return before
    if _is_empty(response):
        return {"count": 0}
    return {"count": _pages(response, await _decoded(kernel, response)), "etag": _etag(response)}


def _path(owner: str, name: str) -> str:
    return f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"


def _earlier(kernel: Kernel, *members: str) -> Json | None:
    """The earlier answer, if GitHub can be asked whether it still holds."""
    before = kernel.earlier()
    if not isinstance(before, dict):
        return None
    kept = cast("Json", before)
    return kept if kept.get("etag") and all(isinstance(kept.get(member), int) for member in members) else None


async def _get(kernel: Kernel, path: str, query: Mapping[str, Any], before: Json | None) -> Response:
    """The response to a GET, on the condition that the earlier answer no longer holds. A rename is followed once."""
    known = {"If-None-Match": before["etag"]} if before else {}
    try:
        response = await kernel.http.request("GET", path, params=query, headers=known)
        if response.status == HTTPStatus.MOVED_PERMANENTLY and (moved := _moved(path, response)):
            response = await kernel.http.request("GET", moved, params=query, headers=known)
    except UpstreamError as stopped:
        raise UpstreamError(_explained(kernel, stopped.error)) from None
    return response


def _moved(path: str, response: Response) -> str | None:
    """The path below GitHub's own host where the repository is now; its query is ours, never the redirect's."""
    place = urlsplit(response.headers.get("location", ""))
    is_theirs = (place.scheme, place.netloc) in {("https", _HOST), ("", "")}
    match = _MOVED.fullmatch(place.path) if is_theirs else None
    return place.path if match and bool(match[1]) == path.endswith("/commits") else None


async def _decoded(kernel: Kernel, response: Response) -> Any:
    """The JSON of a response, or the error that says why there is none."""
    if response.status == HTTPStatus.NOT_FOUND:
        raise UpstreamError(_not_found(kernel, response.headers))
    if response.status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS} and (
        reason := _block(response)
    ):
        raise UpstreamError(_blocked(response.status, reason))
    try:
        return await kernel.http.decoded(response)
    except UpstreamError as stopped:
        if "x-github-sso" in response.headers:
            raise UpstreamError(_single_sign_on(stopped.error)) from None
        raise UpstreamError(_explained(kernel, stopped.error)) from None


def _is_empty(response: Response) -> bool:
    """Whether the repository has no commit at all, which GitHub calls a conflict."""
    return response.status == HTTPStatus.CONFLICT and b"is empty" in response.body


def _pages(response: Response, rows: object) -> int:
    """The number of the last page, which holds one row like all others; without further pages, the rows there are."""
    if not isinstance(rows, list) or len(cast("list[object]", rows)) > 1:
        raise _senseless("a page of one commit")
    links = _LINK.finditer(response.headers.get("link", ""))
    pages = {rel: link[1] for link in links for rel in _rels(link[2])}
    if "last" not in pages:
        if "next" in pages:
            raise _senseless("the number of the last page")
        return len(cast("list[object]", rows))
    last = parse_qs(urlsplit(pages["last"]).query).get("page", [])
    if len(last) != 1 or not re.fullmatch("[0-9]{1,12}", last[0]):
        raise _senseless("the number of the last page")
    return int(last[0])


def _rels(parameters: str) -> list[str]:
    """What a link is (RFC 8288): `; rel="last"` gives `last`."""
    return re.findall(r'\brel="([^"]*)"', parameters)


def _etag(response: Response) -> str:
    tag = response.headers.get("etag", "")
    return tag if _ETAG.fullmatch(tag) else ""


# Many repositories at once


async def _together(
    kernel: Kernel,
    calls: Sequence[Sequence[str]],
    fields: Callable[[int], str],
    read: Callable[[Json], Json],
) -> list[Any]:
    """One GraphQL query for all of them. What it leaves open, for whatever reason, is asked for by REST."""
    if not _has_token(kernel):  # GraphQL answers no strangers
        return [None] * len(calls)
    try:
        answer = await kernel.http.post_json("/graphql", _query(calls, fields), safe=True)
    except UpstreamError as stopped:
        if stopped.error.code in {"#GITHUB_AUTH!", "#GITHUB_OFFLINE!"}:  # REST would fare no better
            return [stopped.error] * len(calls)
        raise
    data, errors = _parts(answer)
    return [_result(kernel, data.get(f"r{number}"), errors.get(f"r{number}"), read) for number in range(len(calls))]


def _query(calls: Sequence[Sequence[str]], fields: Callable[[int], str]) -> Json:
    """What people typed travels in variables only, and can never become a part of the query."""
    kinds = {"owner": "String!", "name": "String!", "since": "GitTimestamp!"}
    variables = {
        f"{kind}{number}": value
        for number, call in enumerate(calls)
        for kind, value in zip(kinds, call, strict=False)  # only commits have a `since`
    }
    declared = ", ".join(f"${name}: {kinds[name.rstrip('0123456789')]}" for name in variables)
    asked = "\n".join(
        f"r{number}: repository(owner: $owner{number}, name: $name{number}, followRenames: true) {{ {fields(number)} }}"
        for number in range(len(calls))
    )
    return {"query": f"query({declared}) {{\n{asked}\n}}", "variables": variables}


def _parts(answer: object) -> tuple[Json, dict[str, str]]:
    """The data by alias, and the kind of the first error below each alias."""
    whole = cast("Json", answer) if isinstance(answer, dict) else {}
    data, errors = whole.get("data"), cast("list[Json]", whole.get("errors") or [])
    kinds: dict[str, str] = {}
    for error in errors:
        path = error.get("path")
        if not path:
            raise _senseless("the place of an error")
        kinds.setdefault(str(path[0]), str(error.get("type")))
    return (cast("Json", data) if isinstance(data, dict) else {}), kinds


def _result(kernel: Kernel, node: Json | None, error: str | None, read: Callable[[Json], Json]) -> Any:
    """A number is read only where nothing failed: a part that may not be seen is null, just like an empty one."""
    if error == "NOT_FOUND":
        return _not_found(kernel, {})
    if error or node is None:
        return None
    try:
        return read(node)
    except (UpstreamError, TypeError, AttributeError, KeyError):
        return None


def _numbers(node: Json) -> Json:
    opened = _count(node["issues"], "totalCount") + _count(node["pullRequests"], "totalCount")
    return {"stars": _count(node, "stargazerCount"), "forks": _count(node, "forkCount"), "open_issues": opened}


def _history(node: Json) -> Json:
    branch = node["defaultBranchRef"]
    return {"count": 0 if branch is None else _count(branch["target"]["history"], "totalCount")}


# What a cell shows instead


def _has_token(kernel: Kernel) -> bool:
    return bool(kernel.get_secret("github", "TOKEN"))


def _explained(kernel: Kernel, error: CellError) -> CellError:
    """A limit has one name. Without a token it is everybody's, and a token is the way out."""
    if error.code not in {"#GITHUB_RATE_LIMIT!", "#GITHUB_429!"}:
        return error
    error = replace(error, code="#GITHUB_RATE_LIMIT!")
    if _has_token(kernel):
        return error
    detail = f"{error.detail} Without a token GitHub counts everybody on this server together."
    return replace(error, detail=detail, action="Store a token for GitHub: it allows 5,000 requests an hour.")


def _not_found(kernel: Kernel, headers: Mapping[str, str]) -> CellError:
    detail = "There is none of this name, or it is not visible to this connection."
    if _has_token(kernel):
        action = "Check the name, and that the token was given access to the repository."
    else:
        detail += f" Without a token only public repositories are.{_quota(headers)}"
        action = "Check the name; for a private repository, store a token that may see it."
    return CellError("#GITHUB_NOT_FOUND!", "No such repository", detail, action)


def _quota(headers: Mapping[str, str]) -> str:
    left, limit = (headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "limit"))
    if not left.isdecimal() or not limit.isdecimal():
        return ""
    return f" Of {int(limit):,} requests an hour for everybody on this server, {int(left):,} are left."


def _block(response: Response) -> str:
    """Why GitHub shows a repository to nobody, in its one word for it; empty if it does not say that it does so."""
    if b"repository access blocked" not in response.body.lower():
        return ""
    reason = _REASON.search(response.body)
    return reason[1].decode() if reason else "no reason given"


def _blocked(status: int, reason: str) -> CellError:
    code = "#GITHUB_451!" if status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS else "#GITHUB_FORBIDDEN!"
    detail = f"GitHub shows this repository to nobody ({reason})."
    return CellError(code, "GitHub has blocked this repository", detail, "No token helps; ask its owner.")


def _single_sign_on(error: CellError) -> CellError:
    detail = "Its organization lets in only tokens that were authorized for its single sign-on."
    return replace(error, detail=detail, action="Authorize the token for the organization, at GitHub.")


def _count(holder: Any, name: str) -> int:
    value = cast("Json", holder).get(name) if isinstance(holder, dict) else None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _senseless(f"`{name}`")
    return value


def _senseless(what: str) -> UpstreamError:
    return _stop("#GITHUB_ERROR!", "GitHub gave an answer that makes no sense", f"It lacks {what}.")


def _stop(code: str, title: str, detail: str, action: str = "") -> UpstreamError:
    return UpstreamError(CellError(code, title, detail, action))
