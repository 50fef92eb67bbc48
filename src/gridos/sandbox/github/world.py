"""An invented GitHub: repositories as raw rows, and the accounts whose tokens are known."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PERMISSIONS = frozenset({"metadata", "contents", "issues", "pull_requests"})
"""What a fine-grained token may be given here, each for reading."""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue or a pull request, which share their numbers."""

    is_open: bool = True
    is_pull_request: bool = False


@dataclass(slots=True)
class Repository:
    """
    One repository. Its rows are the raw truth: a test may compute from them what a connector should say.

    `commits` are the committer dates on the default branch in POSIX seconds, oldest first. `readers` are the accounts
    that see a private one. `former` are names it had, as `owner/name`. `blocked` is why GitHub shows it to nobody.
    """

    owner: str
    name: str
    stargazers: list[str] = field(default_factory=list[str])
    forks: list[str] = field(default_factory=list[str])
    issues: list[Issue] = field(default_factory=list[Issue])
    commits: list[int] = field(default_factory=list[int])
    is_private: bool = False
    is_archived: bool = False
    blocked: str = ""
    readers: frozenset[str] = frozenset()
    former: tuple[str, ...] = ()
    id: int = 0

    @property
    def full_name(self) -> str:
        """As in its address."""
        return f"{self.owner}/{self.name}"

    def count_open(self, *, pull_requests: bool) -> int:
        """Open pull requests, or open issues that are none."""
        return sum(one.is_open and one.is_pull_request is pull_requests for one in self.issues)

    def since(self, moment: float | None) -> list[int]:
        """The commits from a moment on, newest first."""
        first = 0 if moment is None else bisect_left(self.commits, moment)
        return self.commits[first:][::-1]


@dataclass(frozen=True, slots=True)
class GitHubAccount:
    """Somebody with a token. `permissions` are what it may read of private repositories; of public ones, everything."""

    name: str
    permissions: frozenset[str] = PERMISSIONS
    per_hour: int = 5000

    def may_read(self, repository: Repository, permission: str) -> bool:
        """Whether the token has the permission, if one is needed."""
        return not repository.is_private or permission in self.permissions


class GitHubWorld:
    """Accounts by token, and the repositories. `anonymous_per_hour` is what an address without a token may ask."""

    def __init__(self, accounts: Mapping[str, GitHubAccount], repositories: Iterable[Repository] = ()) -> None:
        self.accounts = accounts
        self.anonymous_per_hour = 60
        self.by_id: dict[int, Repository] = {}
        for repository in repositories:
            self.add(repository)

    def add(self, repository: Repository) -> Repository:
        """Give it an id and show it."""
        repository.id = repository.id or 1_000_000 + len(self.by_id)
        self.by_id[repository.id] = repository
        return repository

    def find(self, owner: str, name: str, account: GitHubAccount | None) -> Repository | None:
        """The repository that has this name, or had it, if the account can see it. Case does not matter."""
        wanted = f"{owner}/{name}".lower()
        visible = [one for one in self.by_id.values() if can_see(account, one)]
        now = next((one for one in visible if one.full_name.lower() == wanted), None)
        return now or next((one for one in visible if wanted in map(str.lower, one.former)), None)


def can_see(account: GitHubAccount | None, repository: Repository) -> bool:
    """Whether a repository exists as far as an account is told."""
    return not repository.is_private or (account is not None and account.name in repository.readers)
