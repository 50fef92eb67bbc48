"""What the connector should say, from a repository's raw rows."""

from datetime import UTC, datetime, timedelta

from gridos.sandbox import Repository


def numbers(repository: Repository, days: int) -> dict[str, int]:
    """The number of each function."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = (today - timedelta(days=days)).timestamp()
    return {
        "STARS": len(repository.stargazers),
        "FORKS": len(repository.forks),
        "OPEN_ISSUES": len([one for one in repository.issues if one.is_open]),
        "COMMITS_LAST_N_DAYS": len([moment for moment in repository.commits if moment >= since]),
    }
