"""GitHub's GraphQL API, as far as a count needs it; a field that is not here fails, as an unknown one does there."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo, GraphQLScalarType, GraphQLSchema, build_schema
from graphql import graphql_sync as execute  # pyright: ignore[reportUnknownVariableType] -- one of its types lacks an argument

from gridos.sandbox.github.quotas import Quota
from gridos.sandbox.github.world import GitHubAccount, GitHubWorld, Repository

_SDL = """
"An ISO-8601 encoded date string with a time zone."
scalar GitTimestamp
scalar DateTime

enum IssueState { OPEN CLOSED }
enum PullRequestState { OPEN CLOSED MERGED }

type Query {
  repository(owner: String!, name: String!, followRenames: Boolean = true): Repository
  rateLimit: RateLimit
  viewer: User!
}
type User { login: String! }
type RateLimit { limit: Int! cost: Int! remaining: Int! used: Int! resetAt: DateTime! }
type Repository {
  nameWithOwner: String!
  isArchived: Boolean!
  isPrivate: Boolean!
  stargazerCount: Int!
  forkCount: Int!
  issues(states: [IssueState!]): IssueConnection!
  pullRequests(states: [PullRequestState!]): PullRequestConnection!
  defaultBranchRef: Ref
}
type IssueConnection { totalCount: Int! }
type PullRequestConnection { totalCount: Int! }
type Ref { name: String! target: GitObject }
interface GitObject { oid: String! }
type Commit implements GitObject {
  oid: String!
  history(since: GitTimestamp): CommitHistoryConnection!
}
type CommitHistoryConnection { totalCount: Int! }
"""

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks."""

    world: GitHubWorld
    account: GitHubAccount
    quota: Quota


Info: TypeAlias = "GraphQLResolveInfo[Asking]"


def answer(query: str, variables: Mapping[str, Any] | None, asking: Asking) -> dict[str, Any]:
    """The body of GitHub's answer, which has the status 200 also when it is made of errors."""
    result = execute(_SCHEMA, query, variable_values=dict(variables or {}), context_value=asking)
    body: dict[str, Any] = {} if result.data is None else {"data": result.data}
    if result.errors:
        body["errors"] = [_shown(error) for error in result.errors]
    return body


def _shown(error: GraphQLError) -> dict[str, Any]:
    formatted: dict[str, Any] = {**error.formatted}
    kind = formatted.pop("extensions", {}).get("type")
    return {"type": kind, **formatted} if kind else formatted


def _failure(kind: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": kind})


def _repository(_: Any, info: Info, owner: str, name: str, followRenames: bool) -> Repository:  # noqa: FBT001, N803 -- GraphQL's names
    asking = info.context
    repository = asking.world.find(owner, name, asking.account)
    if repository is None or not (followRenames or repository.full_name.lower() == f"{owner}/{name}".lower()):
        raise _failure("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
    if repository.blocked:
        raise _failure("FORBIDDEN", "Repository access blocked")
    return repository


def _permitted(repository: Repository, info: Info, permission: str) -> Repository:
    asking = info.context
    if not asking.account.may_read(repository, permission):
        raise _failure("FORBIDDEN", "Resource not accessible by personal access token")
    return repository


def _issues(repository: Repository, info: Info, states: list[str] | None = None) -> dict[str, int]:
    rows = [one.is_open for one in _permitted(repository, info, "issues").issues if not one.is_pull_request]
    return {"totalCount": _count(rows, states)}


def _pull_requests(repository: Repository, info: Info, states: list[str] | None = None) -> dict[str, int]:
    rows = [one.is_open for one in _permitted(repository, info, "pull_requests").issues if one.is_pull_request]
    return {"totalCount": _count(rows, states)}


def _count(rows: list[bool], states: list[str] | None) -> int:
    return sum(states is None or ("OPEN" if is_open else "CLOSED") in states for is_open in rows)


def _branch(repository: Repository, info: Info) -> Repository | None:
    return _permitted(repository, info, "contents") if repository.commits else None


def _history(repository: Repository, _: Info, since: datetime | None = None) -> dict[str, int]:
    return {"totalCount": len(repository.since(since and since.timestamp()))}


def _rate_limit(_: Any, info: Info) -> dict[str, Any]:
    quota = info.context.quota
    reset = datetime.fromtimestamp(quota.reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"limit": quota.limit, "cost": 1, "remaining": quota.remaining, "used": quota.used, "resetAt": reset}


def _timestamp(value: Any) -> datetime:
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        raise GraphQLError("A GitTimestamp is an ISO-8601 date string with a time zone.")
    return datetime.fromisoformat(value)


def _plain(member: Callable[[Repository], Any]) -> Callable[[Repository, Info], Any]:
    """Resolve what anybody may see who sees the repository."""
    return lambda repository, _: member(repository)


def _viewer(_: Any, info: Info) -> dict[str, str]:
    return {"login": info.context.account.name}


_RESOLVERS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "Query": {"repository": _repository, "rateLimit": _rate_limit, "viewer": _viewer},
    "Repository": {
        "nameWithOwner": _plain(lambda repository: repository.full_name),
        "isArchived": _plain(lambda repository: repository.is_archived),
        "isPrivate": _plain(lambda repository: repository.is_private),
        "stargazerCount": _plain(lambda repository: len(repository.stargazers)),
        "forkCount": _plain(lambda repository: len(repository.forks)),
        "issues": _issues,
        "pullRequests": _pull_requests,
        "defaultBranchRef": _branch,
    },
    "Ref": {"name": _plain(lambda _: "main"), "target": _plain(lambda repository: repository)},
    "Commit": {"oid": _plain(lambda repository: f"{repository.commits[-1]:040x}"), "history": _history},
}


def _is_commit(*_: Any) -> bool:
    return True


def _build() -> GraphQLSchema:
    schema = build_schema(_SDL)
    for kind, resolvers in _RESOLVERS.items():
        declared = schema.type_map[kind]
        assert isinstance(declared, GraphQLObjectType)
        for name, resolve in resolvers.items():
            declared.fields[name].resolve = resolve
    moment = schema.type_map["GitTimestamp"]
    assert isinstance(moment, GraphQLScalarType)
    moment.coerce_input_value = moment.parse_value = _timestamp  # for variables, and for what is written in a query
    commit = schema.type_map["Commit"]
    assert isinstance(commit, GraphQLObjectType)
    commit.is_type_of = _is_commit
    return schema


_SCHEMA = _build()
