"""Answers and leases in PostgreSQL: who asks, what is kept, and what goes with the secrets."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest

from gridos.db import Doors, Listener
from gridos.db.connector_answers import LARGEST, PostgresAnswers, end_leases, hearing
from gridos.fetching import Kept, Place, Wanted
from gridos.fetching.kept import failed, succeeded
from gridos.fetching.strangers import strangers
from gridos.formulas import Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef
from tests.conftest import Database
from tests.db.connections import connect, new_owner, unconnected

NOW = 1_800_000_000.0


@pytest.fixture
async def ref(doors: Doors) -> ConnectionRef:
    """A connection with a secret."""
    return await connect(doors, await new_owner(doors))


def place(ref: ConnectionRef, number: int = 0) -> Place:
    """One of a connection's calls."""
    return Place(ref, Call("PROBE", f"[{number}]"))


def good(value: float = 42, ttl: float = 300) -> Kept:
    """A value that came just now."""
    return succeeded(value, NOW, fetched_at=NOW, until=NOW + ttl)


async def mine(store: PostgresAnswers, places: Sequence[Place], now: float = NOW, newer_than: float = 0) -> list[bool]:
    """Which of these the store's process is to ask for."""
    return [claim.is_mine for claim in await store.claim([Wanted(one, newer_than) for one in places], now)]


async def let_leases_end(database: Database) -> None:
    """As after thirty seconds."""
    async with await psycopg.AsyncConnection.connect(database.migrator, autocommit=True) as connection:
        await connection.execute("update public.connector_answers set leased_until = now() - interval '1 second'")


@pytest.mark.parametrize("has_secrets", [True, False])
async def test_eight_processes_claim_the_same_calls(doors: Doors, ref: ConnectionRef, *, has_secrets: bool) -> None:
    """However many processes want the same fifty calls at once, in whatever order, each call is one's to ask."""
    ref = ref if has_secrets else unconnected(ref.owner, "other")
    places = [place(ref, number) for number in range(50)]
    stores = [PostgresAnswers(doors) for _ in range(8)]
    orders = [places if number % 2 else places[::-1] for number in range(8)]
    claims = await asyncio.gather(*(mine(store, order) for store, order in zip(stores, orders, strict=True)))
    asked = [zip(order, got, strict=True) for order, got in zip(orders, claims, strict=True)]
    taken = Counter(one for pairs in asked for one, is_mine in pairs if is_mine)
    assert taken == dict.fromkeys(places, 1)


async def test_a_saved_answer_is_everybodys(doors: Doors, ref: ConnectionRef) -> None:
    """What one process saved is given to another as it is, until its time is over; then one of them asks again."""
    one, other = PostgresAnswers(doors), PostgresAnswers(doors)
    assert await mine(one, [place(ref)]) == [True]
    [claim] = await other.claim([Wanted(place(ref), 0)], NOW)
    assert (claim.is_mine, claim.is_leased, claim.kept) == (False, True, None)
    await one.save([(place(ref), good())])
    [claim] = await other.claim([Wanted(place(ref), 0)], NOW + 299)
    assert (claim.is_mine, claim.is_leased, claim.kept) == (False, False, good())
    [claim] = await other.claim([Wanted(place(ref), 0)], NOW + 300)
    assert (claim.is_mine, claim.kept) == (True, good())
    assert await mine(one, [place(ref)], NOW + 300) == [False]


async def test_a_wish_for_newer_answers(doors: Doors, ref: ConnectionRef) -> None:
    """A young answer from before the wish is asked for again by one process; one from after it is not, nor a limit."""
    one, other = PostgresAnswers(doors), PostgresAnswers(doors)
    await mine(one, [place(ref, 1), place(ref, 2)])
    limit = failed(CellError("#X_429!", retry_at=NOW + 100), None, NOW)
    await one.save([(place(ref, 1), good()), (place(ref, 2), limit)])
    both = [place(ref, 1), place(ref, 2)]
    assert await mine(one, both, NOW + 1, newer_than=NOW) == [False, False]
    assert await mine(one, both, NOW + 1, newer_than=NOW + 1) == [True, False]
    assert await mine(other, both, NOW + 1, newer_than=NOW + 1) == [False, False]


async def test_a_dead_processs_lease_ends(doors: Doors, database: Database, ref: ConnectionRef) -> None:
    """Who does not renew a lease loses it after its time, and cannot save any more."""
    one, other = PostgresAnswers(doors), PostgresAnswers(doors)
    await mine(one, [place(ref)])
    await one.renew([place(ref)])
    assert await mine(other, [place(ref)]) == [False]
    await let_leases_end(database)
    assert await mine(other, [place(ref)]) == [True]
    await one.save([(place(ref), good(1))])
    await other.save([(place(ref), good(2))])
    [claim] = await one.claim([Wanted(place(ref), 0)], NOW)
    assert claim.kept == good(2)


async def test_a_server_that_is_alone_waits_for_nobody(doors: Doors, database: Database, ref: ConnectionRef) -> None:
    """A server that starts alone on its database asks at once what a killed one was asking."""
    killed, started = PostgresAnswers(doors), PostgresAnswers(doors)
    await mine(killed, [place(ref)])
    assert await mine(started, [place(ref)]) == [False]
    end_leases(database.migrator)
    assert await mine(started, [place(ref)]) == [True]


async def test_a_renewed_lease_lasts(doors: Doors, database: Database, ref: ConnectionRef) -> None:
    """Renewing holds exactly one's own leases for longer."""
    one, other = PostgresAnswers(doors), PostgresAnswers(doors)
    await mine(one, [place(ref, 1)])
    await mine(other, [place(ref, 2)])
    await let_leases_end(database)
    await one.renew([place(ref, 1), place(ref, 2)])
    assert await mine(PostgresAnswers(doors), [place(ref, 1), place(ref, 2)]) == [False, True]


async def test_a_lease_given_back(doors: Doors, ref: ConnectionRef) -> None:
    """Who gives up lets another process ask at once, and leaves what was kept before."""
    one, other = PostgresAnswers(doors), PostgresAnswers(doors)
    await mine(one, [place(ref)])
    await one.save([(place(ref), good())])
    await mine(one, [place(ref)], NOW + 300)
    await one.save([(place(ref), None)])
    [claim] = await other.claim([Wanted(place(ref), 0)], NOW + 300)
    assert (claim.is_mine, claim.kept) == (True, good())


async def test_answers_go_when_the_version_moves(doors: Doors, ref: ConnectionRef) -> None:
    """After another secret was stored nothing of the earlier one is left, and nothing of it can be saved or claimed."""
    store = PostgresAnswers(doors)
    await mine(store, [place(ref, 1), place(ref, 2)])
    await store.save([(place(ref, 1), good())])
    new = await connect(doors, ref.owner)
    await store.save([(place(ref, 2), good())])
    [claim] = await store.claim([Wanted(place(ref, 1), 0)], NOW)
    assert (claim.is_mine, claim.is_shared, claim.kept) == (False, False, None)
    assert await doors.as_service(why="look").fetch("select from public.connector_answers") == []
    assert await mine(store, [place(new, 1)]) == [True]


async def test_storing_secrets_while_answers_are_saved(doors: Doors, ref: ConnectionRef) -> None:
    """Claims, saves and new secrets at the same time end well, and leave no answer of an earlier version."""
    owner, latest = ref.owner, [ref]

    async def replace_secrets() -> None:
        for _ in range(10):
            latest[0] = await connect(doors, owner)

    async def work() -> None:
        store = PostgresAnswers(doors)
        for _ in range(10):
            places = [place(latest[0], number) for number in range(30)]
            got = await mine(store, places)
            await store.save([(one, good()) for one, is_mine in zip(places, got, strict=True) if is_mine])

    await asyncio.gather(replace_secrets(), *(work() for _ in range(4)))
    versions = await doors.as_service(why="look").fetch(
        "select distinct connection_version from public.connector_answers where kept is not null"
    )
    assert {version for (version,) in versions} <= {latest[0].version}


async def test_a_connection_without_secrets(doors: Doors) -> None:
    """What needs no secret is shared too, and storing the first secret ends that."""
    owner = await new_owner(doors)
    ref, store = unconnected(owner), PostgresAnswers(doors)
    assert await mine(store, [place(ref)]) == [True]
    await store.save([(place(ref), good())])
    [claim] = await PostgresAnswers(doors).claim([Wanted(place(ref), 0)], NOW)
    assert claim.kept == good()
    connected = await connect(doors, owner)
    assert connected.version == 1
    assert await doors.as_service(why="look").fetch("select from public.connector_answers") == []


async def test_strangers_share_with_all_processes(doors: Doors) -> None:
    """What is told to all who ask an upstream without a secret is kept for every process, and belongs to nobody."""
    ref, stores = strangers("probe"), [PostgresAnswers(doors) for _ in range(8)]
    claims = await asyncio.gather(*(mine(store, [place(ref)]) for store in stores))
    assert sum(is_mine for [is_mine] in claims) == 1
    await stores[claims.index([True])].save([(place(ref), good())])
    [claim] = await PostgresAnswers(doors).claim([Wanted(place(ref), 0)], NOW)
    assert claim.kept == good()


async def test_nobodys_connection_is_not_shared(doors: Doors) -> None:
    """For an owner who is gone, or a connection nobody has, nothing is kept."""
    store = PostgresAnswers(doors)
    for ref in (unconnected(uuid4()), ConnectionRef(uuid4(), "probe", uuid4(), 1)):
        [claim] = await store.claim([Wanted(place(ref), 0)], NOW)
        assert (claim.is_mine, claim.is_shared) == (False, False)


async def test_answers_go_with_their_owner(doors: Doors, database: Database, ref: ConnectionRef) -> None:
    """A deleted user leaves no answer."""
    await mine(PostgresAnswers(doors), [place(ref)])
    async with await psycopg.AsyncConnection.connect(database.migrator, autocommit=True) as connection:
        await connection.execute("delete from public.users where id = %s", (ref.owner,))
    assert await doors.as_service(why="look").fetch("select from public.connector_answers") == []


async def test_saving_is_told_once(doors: Doors, database: Database, ref: ConnectionRef) -> None:
    """One notice names every connection whose answers were saved, and a save without effect tells nobody."""
    heard: list[set[UUID]] = []
    listener = Listener(database.service)
    listener.subscribe("answers", hearing(lambda connections: heard.append(set(connections))))
    await listener.open()
    store, other = PostgresAnswers(doors), await connect(doors, ref.owner, "other")
    places = [place(ref, 1), place(ref, 2), place(other, 1)]
    await mine(store, places)
    await PostgresAnswers(doors).save([(one, good()) for one in places])
    await store.save([(one, good()) for one in places])
    async with asyncio.timeout(5):
        while not heard:  # noqa: ASYNC110 -- the listener's own task brings it
            await asyncio.sleep(0.01)
    await listener.close()
    assert heard == [{ref.id, other.id}]


async def test_old_answers_are_swept(doors: Doors, database: Database, ref: ConnectionRef) -> None:
    """What nobody has used for a week is deleted, and nothing else."""
    store = PostgresAnswers(doors)
    await mine(store, [place(ref, 1), place(ref, 2)])
    await store.save([(place(ref, 1), good()), (place(ref, 2), good())])
    async with await psycopg.AsyncConnection.connect(database.migrator, autocommit=True) as connection:
        await connection.execute(
            "update public.connector_answers set expires_at = now() - interval '1 second' where call like '%[1]%'"
        )
    await store.sweep()
    rows = await doors.as_service(why="look").fetch("select call from public.connector_answers")
    assert rows == [('["PROBE", "[2]"]',)]


async def test_an_enormous_answer_stays_at_home(doors: Doors, ref: ConnectionRef) -> None:
    """An answer that is too large to share frees its lease, so that another process fetches its own."""
    store = PostgresAnswers(doors)
    await mine(store, [place(ref)])
    huge = replace(good(), good=replace(good().answer, value="x" * LARGEST))
    await store.save([(place(ref), huge)])
    [claim] = await PostgresAnswers(doors).claim([Wanted(place(ref), 0)], NOW)
    assert (claim.is_mine, claim.kept) == (True, None)
