"""What a user is told of their own secrets' history."""

import csv
import io

import psycopg
import pytest
from psycopg import errors

from gridos.db import EmbeddedServer
from tests.web.serving import Person, Site

STRIPE = "/settings/plugin-secrets/stripe"
CANARY = "sk_test_canary_of_activity"


async def put(person: Person, path: str, body: dict[str, dict[str, str]]) -> None:
    """A PUT that succeeds."""
    assert (await person.send("PUT", path, json=body)).is_success


async def history(person: Person) -> list[tuple[str, str | None, str | None]]:
    """Action, plugin and key of every entry, oldest first."""
    told = (await person.get("/settings/activity"))["activity"]
    return [(entry["action"], entry["plugin_slug"], entry["key"]) for entry in reversed(told)]


async def test_every_change_of_a_value_is_told(ada: Person, ben: Person) -> None:
    """Stored, replaced, left alone, cleared: each once, to its owner alone."""
    await put(ada, STRIPE, {"secrets": {"SECRET_KEY": CANARY}})
    await put(ada, STRIPE, {"secrets": {"SECRET_KEY": CANARY + "2"}})
    await put(ada, STRIPE, {"secrets": {}})
    await put(
        ada, "/settings/plugin-secrets/shopify", {"secrets": {"STORE_DOMAIN": "a.myshopify.com", "ADMIN_TOKEN": CANARY}}
    )
    await ada.http.delete(STRIPE)
    await ada.http.delete(STRIPE)
    assert await history(ada) == [
        ("set", "stripe", "SECRET_KEY"),
        ("replace", "stripe", "SECRET_KEY"),
        ("set", "shopify", "ADMIN_TOKEN"),
        ("set", "shopify", "STORE_DOMAIN"),
        ("clear", "stripe", "SECRET_KEY"),
    ]
    assert await history(ben) == []
    actors = {entry["actor"] for entry in (await ada.get("/settings/activity"))["activity"]}
    assert actors == {ada.email}


async def test_a_value_that_comes_back_is_told_apart(ada: Person) -> None:
    """Going back is neither a first value nor a replacement by a new one, and it was her who did it."""
    for number in range(2):
        await put(ada, STRIPE, {"secrets": {"SECRET_KEY": f"{CANARY}{number}"}})
    assert (await ada.send("POST", f"{STRIPE}/roll-back")).is_success
    await put(ada, STRIPE, {"secrets": {"SECRET_KEY": CANARY}})
    told = (await ada.get("/settings/activity"))["activity"]
    assert [entry["action"] for entry in told] == ["replace", "restore", "replace", "set"]
    assert {(entry["actor"], entry["key"]) for entry in told} == {(ada.email, "SECRET_KEY")}


async def test_what_is_refused_leaves_no_trace(ada: Person) -> None:
    """A batch that was not stored did not happen."""
    await ada.http.put(STRIPE, json={"secrets": {"SECRET_KEY": CANARY, "OTHER": "x"}})
    assert await history(ada) == []


async def test_uses_are_sums(saas: Site, ada: Person, workbook: str) -> None:
    """A thousand calls are one entry, which says how many they were."""
    await put(ada, STRIPE, {"secrets": {"SECRET_KEY": CANARY}})
    await ada.type(workbook, A1="=STRIPE_REVENUE(1)", A2="=STRIPE_REVENUE(2)")
    await ada.read(workbook, "A1:A2")
    await saas.server.spent.write()
    newest = (await ada.get("/settings/activity"))["activity"][0]
    assert (newest["action"], newest["plugin_slug"], newest["actor"]) == ("use", "stripe", None)
    assert newest["count"] >= 2


async def test_one_plugin_alone(ada: Person) -> None:
    """What happened with others, or with none, is left out: of the list and of the file."""
    await put(ada, STRIPE, {"secrets": {"SECRET_KEY": CANARY}})
    await put(ada, "/settings/plugin-secrets/github", {"secrets": {"TOKEN": CANARY}})
    told = await ada.get("/settings/activity", plugin="github")
    assert [entry["plugin_slug"] for entry in told["activity"]] == ["github"]
    file = (await ada.send("GET", "/settings/activity.csv?plugin=github")).text
    assert [row["plugin_slug"] for row in csv.DictReader(io.StringIO(file))] == ["github"]
    assert (await ada.get("/settings/activity", plugin="nothing_of_hers"))["activity"] == []
    for nonsense in ("", "../x", "a%00", "A"):
        assert (await ada.send("GET", f"/settings/activity?plugin={nonsense}")).status_code == 422


async def test_pages_follow_one_another(ada: Person) -> None:
    """Without gaps and without repeats."""
    for number in range(5):
        await put(ada, STRIPE, {"secrets": {"SECRET_KEY": f"{CANARY}{number}"}})
    seen: list[int] = []
    before: int | None = None
    while True:
        page = await ada.get("/settings/activity", limit=2, **({"before": before} if before else {}))
        seen += [entry["id"] for entry in page["activity"]]
        before = page["next"]
        if before is None:
            break
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 5


async def test_a_file_is_harmless(ada: Person, saas: Site, postgres: EmbeddedServer) -> None:
    """It says the same, and no cell of it is a formula to the program that opens it."""
    await put(ada, STRIPE, {"secrets": {"SECRET_KEY": CANARY}})
    with psycopg.connect(postgres.url(database=saas.database), autocommit=True) as admin:
        admin.execute(
            "insert into public.secret_activity (user_id, action, detail) values (%s, 'use', '=1+1')",
            (ada.id,),
        )
    answer = await ada.http.get("/settings/activity.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["action"], row["detail"]) for row in rows] == [("use", "'=1+1"), ("set", "")]
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    "path", ["/settings/activity?limit=0", "/settings/activity?before=x", "/settings/activity?limit=9999"]
)
async def test_a_bad_page_is_refused(ada: Person, path: str) -> None:
    """With a sentence, as every bad request."""
    assert (await ada.http.get(path)).status_code == 422


async def test_it_is_for_many_users(oss: Site) -> None:
    """A single user's secrets are in the environment, and nothing happens to them."""
    local = await oss.local_user()
    assert (await local.http.get("/settings/activity")).status_code == 404


@pytest.mark.parametrize("login", ["gridos_user", "gridos_service"])
@pytest.mark.parametrize(
    "statement", ["update public.secret_activity set detail = 'x'", "delete from public.secret_activity"]
)
async def test_no_login_changes_history(
    ada: Person, saas: Site, postgres: EmbeddedServer, login: str, statement: str
) -> None:
    """Neither door's login may change or delete an entry, nor a user add one."""
    await put(ada, STRIPE, {"secrets": {"SECRET_KEY": CANARY}})
    roles = {"gridos_user": "authenticated", "gridos_service": "service_role"}
    with psycopg.connect(postgres.url(login, saas.database), autocommit=True) as connection:
        connection.execute(f"set role {roles[login]}".encode())
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement.encode())
        if login == "gridos_user":
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("insert into public.secret_activity (user_id, action) values (%s, 'set')", (ada.id,))
