"""Two server processes on one operator's PostgreSQL, many users."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from gridos.plugin_secrets import new_key_line
from gridos.sandbox import STRIPE_KEYS
from tests.journeys.conftest import NewDatabase
from tests.journeys.issuing import JWT_SECRET, bearer
from tests.journeys.running import Person, Process, eventually

STRIPE = "/settings/plugin-secrets/stripe"


@pytest.fixture(scope="module")
def servers(home: Path, new_database: NewDatabase, sandbox: Process) -> Iterator[tuple[Process, Process]]:
    """Two servers that start at the same moment on an empty database, with a Stripe key of the operator's beside."""
    with new_database() as database:
        env = {
            **database,
            "SAAS_MODE": "true",
            "GRIDOS_JWT_SECRET": JWT_SECRET,
            "GRIDOS_ROOT_KEY": new_key_line(),
            "GRIDOS_UPSTREAM_STRIPE_URL": sandbox.url,
            "STRIPE_SECRET_KEY": STRIPE_KEYS["ben"],
        }
        first, second = (Process("serve", log=home / name, env=env) for name in ("first", "second"))
        first.launch()
        with second, first:
            yield first, second


def at_both(servers: tuple[Process, Process], name: str = "ada") -> tuple[Person, Person]:
    """One person, at both servers."""
    first, second = servers
    sign_in = bearer(name)
    return first.person(**sign_in), second.person(**sign_in)


def test_an_edit_is_read_at_once_through_the_other(servers: tuple[Process, Process]) -> None:
    """What one server acknowledged the other shows with the very next request, both ways."""
    here, there = at_both(servers)
    workbook = here.post("/workbooks", {"title": "Shared"})["id"]
    for row in range(1, 11):
        writer, reader = (here, there) if row % 2 else (there, here)
        writer.type(workbook, f"A{row}", str(row))
        assert reader.read(workbook, f"A{row}")["value"] == row
    here.type(workbook, "B1", "=SUM(A:A)")
    assert there.read(workbook, "B1")["value"] == 55


def test_writers_at_both_lose_nothing(servers: tuple[Process, Process]) -> None:
    """Edits of different cells through both servers all stand in the one log."""
    here, there = at_both(servers)
    workbook = here.post("/workbooks", {"title": "Shared"})["id"]
    writers = {"A1": here, "B1": there, "C1": here, "D1": there}
    seqs = [writer.type(workbook, cell, "1")["seq"] for cell, writer in writers.items()]
    assert seqs == [1, 2, 3, 4]
    assert here.get(f"/workbook/{workbook}")["seq"] == there.get(f"/workbook/{workbook}")["seq"] == 4


def test_a_secret_put_at_one_changes_the_cell_at_the_other(servers: tuple[Process, Process]) -> None:
    """PUT and DELETE through one server reach the workbook that is open in the other."""
    here, there = at_both(servers)
    workbook = here.post("/workbooks", {"title": "Shared"})["id"]
    here.put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}})
    there.type(workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")
    ours = there.read(workbook, "A1")["value"]
    here.put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ben"]}})
    eventually(lambda: there.read(workbook, "A1")["value"] not in (ours, None))
    assert there.read(workbook, "A1")["state"] == "ok"
    here.delete(STRIPE)
    eventually(lambda: there.read(workbook, "A1")["value"] == "#STRIPE_AUTH!")
    assert there.get(STRIPE)["set_keys"] == []


def test_each_number_is_asked_for_once_between_them(servers: tuple[Process, Process], sandbox: Process) -> None:
    """A workbook open in both servers costs the service as many requests as one that is open in a single one."""
    here, _ = at_both(servers, "alone")
    assert cost(sandbox, here) == cost(sandbox, *at_both(servers, "twice")) > 0


def cost(sandbox: Process, *places: Person) -> int:
    """What somebody's first number costs the service, if it is shown at all these places."""
    workbook = places[0].post("/workbooks", {"title": "Once"})["id"]
    places[0].put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}})
    for person in places:
        person.read(workbook, "A1")  # opens it
    before = httpx2.get(f"{sandbox.url}/_sandbox/requests").json()["total"]
    places[0].type(workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")

    def read(person: Person) -> float:
        return person.read(workbook, "A1")["value"]

    with ThreadPoolExecutor() as threads:
        assert len(set(threads.map(read, places))) == 1
    return httpx2.get(f"{sandbox.url}/_sandbox/requests").json()["total"] - before


def test_the_operators_key_is_nobodys(servers: tuple[Process, Process]) -> None:
    """A user without a stored key gets an auth error, although the server's environment has a good key."""
    here, _ = at_both(servers)
    workbook = here.post("/workbooks", {"title": "Bare"})["id"]
    here.type(workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")
    cell = here.read(workbook, "A1")
    assert (cell["state"], cell["value"]) == ("error", "#STRIPE_AUTH!")


def test_nobody_is_somebody(servers: tuple[Process, Process]) -> None:
    """Without a sign-in there is 401 everywhere, and the socket's address of no use."""
    for path in ("/workbooks", STRIPE, "/marketplace/list", "/auth/whoami"):
        assert servers[0].person().request("GET", path).status_code == 401, path
