"""The invented people whose tokens the sandbox knows, and the repositories they see."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random

from gridos.sandbox.github.world import GitHubAccount, GitHubWorld, Issue, Repository

GITHUB_TOKENS: Mapping[str, str] = {
    "ada": "github_pat_sandbox_ada_invented_token",
    "ben": "github_pat_sandbox_ben_invented_token",
    "weak": "github_pat_sandbox_weak_invented_token",
    "spent": "github_pat_sandbox_spent_invented_token",
}
"""
One token for each account.

`ada` sees the private `ada/ledger`, `ben` another one of his own with the same name in `ben/ledger`; `weak` sees
Ada's, but may read neither its commits nor its issues; `spent` has used up the requests of this hour.
"""

_WEAK = frozenset({"metadata"})


def github_world(seed: int = 0, today: datetime | None = None) -> GitHubWorld:
    """
    The accounts and repositories. The same seed and day give the same rows.

    `acme` has `rocket` (some of everything), `huge` (12,345 commits), `quiet` (archived), `empty`, `single` (one
    commit), `renamed` (once `acme/before`), `blocked` and `removed` (by GitHub), and `part-01` to `part-60`.
    """
    start = today or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    people = {name: GitHubAccount(name) for name in GITHUB_TOKENS}
    people["weak"] = GitHubAccount("weak", _WEAK)
    people["spent"] = GitHubAccount("spent", per_hour=0)
    world = GitHubWorld({token: people[name] for name, token in GITHUB_TOKENS.items()})
    random = Random(f"{seed} github")  # noqa: S311 -- invented data, not a secret

    def invent(owner: str, name: str, commits: int = 60) -> Repository:
        return world.add(invent_repository(random, start, owner, name, commits=commits))

    invent("acme", "rocket", 600)
    invent("acme", "huge", 12_345)
    invent("acme", "quiet").is_archived = True
    invent("acme", "empty", 0)
    invent("acme", "single", 1)
    invent("acme", "renamed").former = ("acme/before",)
    invent("acme", "blocked").blocked = "tos"
    invent("acme", "removed").blocked = "dmca"
    for number in range(1, 61):
        invent("acme", f"part-{number:02}", number)
    for owner, readers in (("ada", {"ada", "weak"}), ("ben", {"ben"})):
        ledger = invent(owner, "ledger")
        ledger.is_private, ledger.readers = True, frozenset(readers)
    return world


def invent_repository(
    random: Random, today: datetime, owner: str, name: str, *, commits: int, days: int = 400
) -> Repository:
    """
    A repository with up to 2,000 stars, and so many commits in the `days` before `today`, midnight UTC.

    The first two stand on either side of midnight a week ago, where a window begins.
    """
    edge = int((today - timedelta(days=7)).timestamp())
    moments = [edge, edge - 1, *(int(today.timestamp()) - random.randrange(1, days * 86_400) for _ in range(commits))]
    return Repository(
        owner,
        name,
        stargazers=[f"star-{number}" for number in range(random.randrange(2000))],
        forks=[f"fork-{number}" for number in range(random.randrange(300))],
        issues=[Issue(random.random() < 0.4, random.random() < 0.3) for _ in range(random.randrange(200))],  # noqa: PLR2004 -- shares
        commits=sorted(moments[:commits]),
    )
