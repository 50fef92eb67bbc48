"""An owner tests a key, stores it, sees what uses it, and hears when it stops working: through a real server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gridos.plugin_secrets import new_key_line
from gridos.sandbox import STRIPE_KEYS
from tests.journeys.conftest import NewDatabase
from tests.journeys.running import Person, Process, eventually

STRIPE = "/settings/plugin-secrets/stripe"
WRONG, KIM, BEN = "sk_test_nobody_has_this_key", STRIPE_KEYS["kim"], STRIPE_KEYS["ben"]


@pytest.fixture(scope="module")
def server(home: Path, new_database: NewDatabase, sandbox: Process) -> Iterator[Process]:
    """A server for many users, on an operator's PostgreSQL, with Stripe's stand-in."""
    with new_database() as database:
        env = {
            **database,
            "GRIDOS_MODE": "saas",
            "GRIDOS_SIGN_UP": "open",
            "GRIDOS_ROOT_KEY": new_key_line(),
            "GRIDOS_UPSTREAM_STRIPE_URL": sandbox.url,
        }
        with Process("serve", log=home / "log", env=env) as process:
            yield process


@pytest.fixture
def ada(server: Process, request: pytest.FixtureRequest) -> Person:
    """Somebody new in each test."""
    return server.person().sign_up(f"{request.node.name}@example.com", "a password of hers")


def status(person: Person) -> Any:
    """How her Stripe connection stands."""
    return person.get(f"{STRIPE}/status")


def listed(person: Person) -> Any:
    """What the marketplace's list says of her Stripe connection, for a notice on every page."""
    plugins = person.get("/marketplace/list")["plugins"]
    return next(plugin["state"] for plugin in plugins if plugin["slug"] == "stripe")


def verify(person: Person, key: str) -> Any:
    """Test a key."""
    return person.post(f"{STRIPE}/verify", {"secrets": {"SECRET_KEY": key}})


def uses(person: Person, workbooks: int, cells: int) -> None:
    """Wait until so many workbooks and cells are said to use Stripe: numbers are written behind the edit."""
    eventually(lambda: status(person)["used_by"] == {"workbooks": workbooks, "cells": cells})


def test_from_a_wrong_key_to_a_connection(ada: Person) -> None:
    """A wrong key is refused with the reason and not stored; the right one is connected, and the status remembers."""
    assert (status(ada)["state"], listed(ada)) == ("not_set", "not_set")
    refused = verify(ada, WRONG)
    assert (refused["ok"], refused["state"], refused["account"]) == (False, "needs_attention", None)
    assert "did not accept the secret" in refused["message"]
    assert ada.get(STRIPE)["set_keys"] == []

    tested = verify(ada, KIM)
    assert (tested["ok"], tested["state"], tested["account"]) == (True, "connected", None)
    assert tested["message"].startswith("Connected to Stripe. This is a secret key")
    assert tested["message"].endswith("It is a test key: every number will be of test data.")
    assert ada.get(STRIPE)["set_keys"] == []
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": KIM}})
    assert (status(ada)["state"], listed(ada)) == ("unverified", "unverified")
    assert ada.request("POST", f"{STRIPE}/verify").json()["ok"]
    known = status(ada)
    assert (known["state"], known["message"]) == ("connected", tested["message"])
    assert known["checked_at"] >= known["slots"][0]["updated_at"]

    assert not verify(ada, WRONG)["ok"]
    assert status(ada) == known
    ada.delete(STRIPE)
    gone = status(ada)
    assert (gone["state"], gone["checked_at"], gone["slots"][0]["is_set"]) == ("not_set", None, False)


def test_a_restricted_key_that_may_do_too_little(ada: Person) -> None:
    """Every permission that some function would miss is named, as Stripe's dashboard names it."""
    weak = verify(ada, STRIPE_KEYS["weak"])
    assert (weak["ok"], weak["state"]) == (False, "needs_attention")
    assert weak["message"] == "Connected to Stripe, but without Subscriptions, Prices, Coupons, Customers."
    lean = verify(ada, STRIPE_KEYS["lean"])
    assert lean["ok"]
    assert lean["message"] == "Connected to Stripe. It is a test key: every number will be of test data."


def test_a_key_is_kept_until_the_new_one_works(ada: Person) -> None:
    """A replacement that does not work can be taken back; one that works once, for a cell, cannot."""
    workbook = ada.post("/workbooks", {"title": "Mine"})["id"]
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": KIM}})
    assert ada.request("POST", f"{STRIPE}/verify").json()["ok"]
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": WRONG}})
    ada.type(workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")
    eventually(lambda: status(ada)["state"] == "needs_attention")
    assert status(ada)["can_roll_back"]
    assert ada.request("POST", f"{STRIPE}/roll-back").status_code == 200
    eventually(lambda: ada.read(workbook, "A1")["state"] == "ok")
    assert not status(ada)["can_roll_back"]

    ada.put(STRIPE, {"secrets": {"SECRET_KEY": BEN}})
    eventually(lambda: not status(ada)["can_roll_back"])
    assert ada.read(workbook, "A1")["state"] == "ok"
    assert ada.request("POST", f"{STRIPE}/roll-back").status_code == 409


def test_what_a_disconnection_would_stop(server: Process, ada: Person) -> None:
    """Own workbooks and cells are counted, open or closed, copied or deleted; those of others are not."""
    first, second = (ada.post("/workbooks", {"title": title})["id"] for title in ("One", "Two"))
    ada.type(first, "A1", "=STRIPE_MRR()")
    ada.type(first, "A2", "=A1*12")
    ada.type(first, "A3", "=STRIPE_REVENUE(7)+STRIPE_REVENUE(30)")
    ada.type(second, "A1", "=IF(FALSE,STRIPE_MRR(),0)")
    uses(ada, 2, 3)
    ada.post("/workbooks", {"title": "Three", "copy_of": first})
    uses(ada, 3, 5)
    ada.type(first, "A3", "")
    uses(ada, 3, 4)

    ben = server.person().sign_up("ben-who-edits@example.com", "a password of his")
    ada.post(f"/workbook/{second}/collaborators", {"email": "ben-who-edits@example.com", "role": "editor"})
    ben.type(second, "B1", "=STRIPE_MRR()")
    uses(ada, 3, 5)
    assert status(ben)["used_by"] == {"workbooks": 0, "cells": 0}
    ada.delete(f"/workbook/{second}")
    uses(ada, 2, 3)


def test_a_key_that_stops_working(ada: Person, sandbox: Process) -> None:
    """When Stripe begins to answer 401 the connection needs attention; when it works again it is connected."""
    workbook = ada.post("/workbooks", {"title": "Mine"})["id"]
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": BEN}})
    ada.type(workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")
    assert ada.read(workbook, "A1")["state"] == "ok"
    eventually(lambda: status(ada)["state"] == "connected")
    faults = f"{sandbox.url}/_sandbox/faults"
    try:
        httpx2.post(faults, json={"account": "ben", "status": 401}).raise_for_status()
        ada.post(f"/workbook/{workbook}/refresh", {})
        eventually(lambda: status(ada)["state"] == listed(ada) == "needs_attention")
        assert "did not accept the secret" in status(ada)["message"]
        eventually(lambda: ada.read(workbook, "A1")["value"] == "#STRIPE_AUTH!")
    finally:
        httpx2.delete(faults)
    ada.post(f"/workbook/{workbook}/refresh", {})
    eventually(lambda: status(ada)["state"] == listed(ada) == "connected")
