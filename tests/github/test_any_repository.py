"""Whatever a repository holds, the connector says what its raw rows say."""

import asyncio
from datetime import UTC, datetime
from random import Random

from gridos.plugins import ConnectionRef
from gridos.sandbox import GITHUB_TOKENS, Repository, Sandbox, github_world
from gridos.sandbox.github.people import invent_repository
from tests.github import oracle
from tests.github.conftest import ADA
from tests.github.desk import Desk

REPOSITORIES = 200


def _random_repository(seed: int) -> Repository:
    random = Random(seed)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    commits = random.choice((0, 1, 2, 3, random.randrange(250)))
    repository = invent_repository(random, today, f"owner-{seed % 7}", f"r{seed}", commits=commits)
    repository.is_private = random.random() < 0.3
    repository.readers = frozenset({"ada"})
    repository.former = (f"owner-9/old{seed}",) if random.random() < 0.2 else ()
    return repository


async def _told(desk: Desk, ref: ConnectionRef, name: str, days: int) -> dict[str, object]:
    numbers = ("STARS", "FORKS", "OPEN_ISSUES")
    commits = desk.ask(ref, "COMMITS_LAST_N_DAYS", name, days)
    shown = await asyncio.gather(*(desk.ask(ref, one, name) for one in numbers), commits)
    return dict(zip((*numbers, "COMMITS_LAST_N_DAYS"), shown, strict=True))


async def test_numbers_of_many_random_repositories_agree_with_an_independent_oracle(desk: Desk) -> None:
    """By REST, one after the other, and by GraphQL, all at once, under old names and new ones."""
    names: dict[str, tuple[Repository, int]] = {}
    for seed in range(REPOSITORIES):
        repository = desk.world.add(_random_repository(seed))
        name = next(iter(repository.former), repository.full_name)
        names[name] = repository, (1, 7, 30, 365)[seed % 4]
    alone, together = desk.connect(ADA), desk.connect(ADA)
    expected = {name: oracle.numbers(repository, days) for name, (repository, days) in names.items()}
    one_by_one = {name: await _told(desk, alone, name, days) for name, (_, days) in names.items()}
    assert one_by_one == expected
    assert "/graphql" not in await desk.paths()
    at_once = await asyncio.gather(*(_told(desk, together, name, days) for name, (_, days) in names.items()))
    assert dict(zip(names, at_once, strict=True)) == expected
    assert await desk.paths() == {"/graphql": 2 * REPOSITORIES // 25}


async def test_numbers_of_the_invented_repositories_agree(desk: Desk) -> None:
    """Everybody's repositories of the sandbox, for each who may see them."""
    world = github_world()
    async with Sandbox(accounts={}, github=world) as sandbox:
        shown = Desk(desk.session, sandbox, world)
        for who in ("ada", "ben", ""):
            ref = shown.connect(GITHUB_TOKENS[who] if who else "")
            for repository in world.by_id.values():
                is_special = repository.name.startswith("part") or repository.blocked
                if not is_special and (not repository.is_private or who in repository.readers):
                    told = await _told(shown, ref, repository.full_name, 7)
                    assert told == oracle.numbers(repository, 7), repository.full_name
        await shown.fetcher.aclose()
