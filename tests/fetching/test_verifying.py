"""A connection is proved by one real request, and nothing that proves it is kept or shown."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web

from gridos.fetching import Patience, Proof
from gridos.plugins import ConnectionRef
from gridos.plugins.manifest import read_manifest
from gridos.testing.no_network import NoNetwork
from tests.fetching.stage import Clock, NameTable, Stage, answering, until

KEY = "sk_test_canary_0123456789"
VERIFY = {"path": "/me?limit=1", "account": "shop.name"}
ADA = {"shop": {"name": "Ada's shop"}}
MINT: dict[str, Any] = {
    "secrets": [{"key": "ID"}, {"key": "SECRET"}],
    "connection": {
        "methods": ["GET"],
        "auth": [{"header": "X-Access", "mint": "/token", "client_id": "{ID}", "client_secret": "{SECRET}"}],
    },
}


async def verify(stage: Stage, ref: ConnectionRef | None = None) -> Proof:
    """Test a connection with the stage's plugin."""
    ref = ref or stage.connect(TOKEN=KEY)
    return await stage.fetcher.verify(read_manifest(stage.folder / "probe"), stage.connections[ref.id])


async def test_the_request_is_the_manifests(stage: Stage) -> None:
    """A GET of the declared path, with the owner's secret on it, names the account."""
    stage.upstream.handler = answering(ADA)
    await stage.start(verify=VERIFY)
    assert await verify(stage) == Proof("connected", "Connected to Probe as Ada's shop.", "Ada's shop")
    [request] = stage.upstream.requests
    assert (request.method, request.path_qs) == ("GET", "/base/me?limit=1")
    assert request.headers["Authorization"] == f"Bearer {KEY}"


async def test_a_body_makes_it_a_post(stage: Stage) -> None:
    """A manifest that declares `json` is proved by a POST of it."""
    seen: list[Any] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, await request.json()))
        return web.json_response({})

    stage.upstream.handler = handler
    await stage.start(verify={"path": "/graphql", "json": {"query": "{ me }"}})
    assert await verify(stage) == Proof("connected", "Connected to Probe.")
    assert seen == [("POST", {"query": "{ me }"})]


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        ([{"name": "read_a"}, {"name": "read_b"}], ""),
        ([{"name": "write_a"}, {"name": "read_b"}], ""),
        ([{"name": "read_b"}], "read_a"),
        ([], "read_a, read_b"),
        (None, "read_a, read_b"),
        ([1, {"other": "read_a"}], "read_a, read_b"),
    ],
)
async def test_permissions_that_are_missing_are_named(stage: Stage, scopes: object, missing: str) -> None:
    """A secret that is accepted and may not do enough needs attention, and the sentence says what it lacks."""
    stage.upstream.handler = answering({"me": "Ada", "app": {"scopes": scopes}})
    granted = {"at": "app.scopes.name", "wanted": [["read_a", "write_a"], ["read_b"]]}
    await stage.start(verify={"path": "/me", "account": "me", "granted": granted})
    if missing:
        sentence = f"Connected to Probe as Ada, but without {missing}."
        assert await verify(stage) == Proof("needs_attention", sentence, "Ada")
    else:
        assert await verify(stage) == Proof("connected", "Connected to Probe as Ada.", "Ada")


TOLD_APART = VERIFY | {
    "permission": "Shops",
    "permissions": [
        {"path": "/sales?limit=1", "permission": "Sales"},
        {"path": "/returns?limit=1", "permission": "Sales"},
        {"path": "/people?limit=1", "permission": "People"},
    ],
}


@pytest.mark.parametrize(
    ("refused", "proof"),
    [
        (set[str](), Proof("connected", "Connected to Probe as Ada's shop.", "Ada's shop")),
        ({"people"}, Proof("needs_attention", "Connected to Probe as Ada's shop, but without People.", "Ada's shop")),
        (
            {"sales", "returns", "people"},
            Proof("needs_attention", "Connected to Probe as Ada's shop, but without Sales, People.", "Ada's shop"),
        ),
        ({"me"}, Proof("needs_attention", "Connected to Probe, but without Shops.")),
        (
            {"me", "returns", "people"},
            Proof("needs_attention", "Connected to Probe, but without Shops, Sales, People."),
        ),
    ],
)
async def test_permissions_that_no_answer_lists(stage: Stage, refused: set[str], proof: Proof) -> None:
    """Every permission that is missing is named once, in one sentence, also that of the first request."""

    async def handler(request: web.Request) -> web.Response:
        is_refused = request.path.rpartition("/")[2] in refused
        return web.json_response({} if is_refused else ADA, status=403 if is_refused else 200)

    stage.upstream.handler = handler
    await stage.start(verify=TOLD_APART)
    assert await verify(stage) == proof
    assert len(stage.upstream.requests) == 4


@pytest.mark.parametrize(("status", "headers"), [(500, {}), (429, {"Retry-After": "90"}), (403, {"Retry-After": "90"})])
async def test_a_permission_that_cannot_be_found_out(stage: Stage, status: int, headers: Mapping[str, str]) -> None:
    """Trouble on the way to finding out says nothing about the key."""

    async def handler(request: web.Request) -> web.Response:
        is_first = request.path.endswith("/me")
        return web.json_response(ADA, status=200 if is_first else status, headers=None if is_first else headers)

    stage.upstream.handler = handler
    await stage.start(verify=TOLD_APART)
    assert (await verify(stage)).health is None


async def test_a_refused_key_is_asked_nothing_more(stage: Stage) -> None:
    """After a 401 there is nothing to find out."""
    stage.upstream.handler = answering({}, 401)
    await stage.start(verify=TOLD_APART)
    assert "did not accept the secret" in (await verify(stage)).message
    assert len(stage.upstream.requests) == 1


@pytest.mark.parametrize(
    ("key", "notes"), [("sk_test_1", " Mighty. Only a test."), ("sk_live_1", " Mighty."), ("rk_live_1", ""), ("", "")]
)
async def test_kinds_of_keys(stage: Stage, key: str, notes: str) -> None:
    """What a manifest tells of keys that begin in some way stands behind the sentence that they work."""
    stage.upstream.handler = answering(ADA)
    told = [
        {"key": "TOKEN", "begins": ["sk_"], "note": "Mighty."},
        {"key": "TOKEN", "begins": ["sk_test_", "rk_test_"], "note": "Only a test."},
        {"key": "SHOP", "begins": ["x"], "note": "Not set."},
    ]
    await stage.start(verify=VERIFY | {"notes": told}, connection={"auth": [{}]})
    ref = stage.connect(None, **({"TOKEN": key} if key else {"SHOP": "a"}))
    assert (await verify(stage, ref)).message == f"Connected to Probe as Ada's shop.{notes}"
    stage.upstream.handler = answering({}, 401)
    assert "Mighty" not in (await verify(stage, ref)).message


REFUSALS: list[tuple[int, object, dict[str, str], str | None, str]] = [
    (401, {}, {}, "needs_attention", "did not accept the secret"),
    (403, {}, {}, "needs_attention", "lacks a scope or permission."),
    (
        403,
        {"m": "Having the 'rak_charge_read' permission would"},
        {},
        "needs_attention",
        "permission: rak_charge_read.",
    ),
    (403, {"m": "Required access: `read_orders` access scope."}, {}, "needs_attention", "permission: read_orders."),
    (403, {"m": "Having the '<b>x</b>' permission would"}, {}, "needs_attention", "lacks a scope or permission."),
    (403, {}, {"X-Accepted-OAuth-Scopes": "repo"}, "needs_attention", "Any of these would do: repo."),
    (403, {}, {"X-Accepted-GitHub-Permissions": "issues=read"}, "needs_attention", "would do: issues=read."),
    (404, {}, {"Request-Id": "req_1"}, "needs_attention", "status 404. Its request id is req_1."),
    (403, {}, {"X-RateLimit-Remaining": "0"}, None, "Try again after 08:01:00 UTC."),
    (429, {}, {"Retry-After": "90"}, None, "Try again after 08:01:30 UTC."),
    (500, {}, {}, None, "status 500"),
    (302, {}, {"Location": "https://evil.example/"}, None, "redirect"),
    (200, "no shop", {}, None, "does not say whom"),
    (200, {"shop": {"name": None}}, {}, None, "does not say whom"),
    (200, {"shop": {"name": True}}, {}, None, "does not say whom"),
    (200, {"shop": {"name": " \n"}}, {}, None, "does not say whom"),
    (200, {"shop": {"name": "x" * 201}}, {}, None, "does not say whom"),
    (200, {"shop": "Ada"}, {}, None, "does not say whom"),
    (200, {"data": None, "errors": [{"message": "no"}]}, {}, None, "does not say whom"),
]


@pytest.mark.parametrize(("status", "body", "headers", "health", "words"), REFUSALS)
async def test_what_upstream_may_say(
    stage: Stage, status: int, body: object, headers: Mapping[str, str], health: str | None, words: str
) -> None:
    """A refusal of the secret needs attention and names its reason; trouble that passes says nothing of the secret."""
    stage.upstream.handler = answering(body, status, headers)
    await stage.start(verify=VERIFY, clock=Clock())
    proof = await verify(stage)
    assert (proof.health, proof.account) == (health, None)
    assert words in proof.message
    assert proof.message.startswith("Probe ")
    assert len(stage.upstream.requests) == 1


async def test_an_account_is_one_line_of_text(stage: Stage) -> None:
    """Line breaks and control characters of an account's name become blanks; a number is a name too."""
    await stage.start(verify=VERIFY)
    stage.upstream.handler = answering({"shop": {"name": "Ada\r\n\x1b[1m  Lovelace"}})
    assert (await verify(stage)).account == "Ada [1m Lovelace"
    stage.upstream.handler = answering({"shop": {"name": 42}})
    assert (await verify(stage)).account == "42"


async def test_a_page_is_no_proof(stage: Stage) -> None:
    """HTML with the status 200 connects nobody, also where no account is declared."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(text="<h1>Welcome</h1>", content_type="text/html")

    stage.upstream.handler = handler
    await stage.start(verify={"path": "/me"})
    proof = await verify(stage)
    assert proof == Proof(None, "Probe gave an answer that makes no sense. It is not JSON.")


async def test_a_status_that_the_manifest_takes_for_a_proof(stage: Stage) -> None:
    """`connected_on` makes a plain 403 a proof, but neither a limit nor another status."""
    await stage.start(verify=VERIFY | {"connected_on": [403]})
    stage.upstream.handler = answering({}, 403)
    assert await verify(stage) == Proof("connected", "Connected to Probe.")
    stage.upstream.handler = answering({}, 403, {"X-RateLimit-Remaining": "0"})
    assert (await verify(stage)).health is None
    stage.upstream.handler = answering({}, 401)
    assert (await verify(stage)).health == "needs_attention"


@pytest.mark.parametrize(
    "name",
    [KEY, f"Key {KEY[::-1]}", KEY.encode().hex()],
    ids=["plain", "reversed", "hex"],
)
async def test_an_echo_is_blocked(stage: Stage, name: str) -> None:
    """An account that holds the secret, in any disguise, is not shown."""
    stage.upstream.handler = answering({"shop": {"name": name}})
    await stage.start(verify=VERIFY)
    proof = await verify(stage)
    assert (proof.health, proof.account) == ("needs_attention", None)
    assert "contained one of the connection's secrets" in proof.message
    assert name not in repr(proof)


async def test_an_echo_in_a_refusal_is_blocked(stage: Stage) -> None:
    """A request's id that is the secret is not shown either."""
    stage.upstream.handler = answering({}, 404, {"Request-Id": KEY})
    await stage.start(verify=VERIFY)
    assert KEY not in repr(await verify(stage))


async def test_a_minted_token_is_not_shown(stage: Stage) -> None:
    """A token that was minted for the test is looked for as well, and not kept after it."""

    async def handler(request: web.Request) -> web.Response:
        if request.path.endswith("/token"):
            return web.json_response({"access_token": "minted_token_1"})
        return web.json_response({"shop": {"name": request.headers["X-Access"]}})

    stage.upstream.handler = handler
    await stage.start(verify=VERIFY, **MINT)
    ref = stage.connect(ID="me", SECRET="my secret")
    for _ in range(2):
        assert "minted" not in repr(await verify(stage, ref))
    assert [request.path for request in stage.upstream.requests] == ["/base/token", "/base/me"] * 2


async def test_a_pair_that_mints_nothing_is_rejected(stage: Stage) -> None:
    """Upstream's refusal to mint a token says that the pair is wrong."""
    stage.upstream.handler = answering({"error": "invalid_client"}, 400)
    await stage.start(verify=VERIFY, **MINT)
    proof = await verify(stage, stage.connect(ID="me", SECRET="wrong secret"))
    assert (proof.health, "did not accept" in proof.message) == ("needs_attention", True)


@pytest.mark.parametrize(
    "verify_spec",
    [
        {"path": "/me", "json": {}},
        {"path": "/../other"},
        {"path": "/%2e%2e/other"},
        {"path": "/\\evil.example/"},
        {"path": "/a//evil.example"},
    ],
)
async def test_only_declared_methods_below_the_base_address(stage: Stage, verify_spec: dict[str, Any]) -> None:
    """A method that the connection does not list, or a path that could lead elsewhere, is never sent."""
    await stage.start(verify=verify_spec)
    proof = await verify(stage)
    assert (proof.health, "GridOS stopped" in proof.message) == ("needs_attention", True)
    assert stage.upstream.requests == []


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1"])
async def test_a_name_that_leads_inside(stage: Stage, address: str) -> None:
    """The guard stands before a test as before a call."""
    await stage.start(verify=VERIFY, stand_in="", names=NameTable(api=[address]))
    proof = await verify(stage)
    assert (proof.health, "GridOS stopped" in proof.message) == ("needs_attention", True)


async def test_unreachable(stage: Stage) -> None:
    """Without a network the sentence says so, and nothing is known of the secret."""
    await stage.start(verify=VERIFY, stand_in="", names=NoNetwork())
    assert await verify(stage) == Proof(None, "Probe cannot be reached. No connection could be made.")


async def test_a_silent_upstream(stage: Stage) -> None:
    """An upstream that does not answer is given up after one request's time."""

    async def handler(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    stage.upstream.handler = handler
    await stage.start(verify=VERIFY, patience=Patience(request=0.05))
    assert await verify(stage) == Proof(None, "Probe cannot be reached. It did not answer in time.")


@pytest.mark.parametrize(("status", "headers"), [(503, {}), (429, {"Retry-After": "5"})])
async def test_a_test_is_sent_once(stage: Stage, status: int, headers: dict[str, str]) -> None:
    """Whoever tests a connection learns at once what is wrong, instead of waiting for it to pass."""
    stage.upstream.handler = answering({}, status, headers)
    await stage.start(verify=VERIFY)
    assert (await verify(stage)).health is None
    assert len(stage.upstream.requests) == 1


async def test_tests_that_fail_stop_nobody(stage: Stage) -> None:
    """However often somebody tests a connection in vain, others at the same host are not taken to be down."""
    await stage.start(verify=VERIFY)
    stage.upstream.handler = answering({}, 500)
    for _ in range(9):
        await verify(stage)
    stage.upstream.handler = answering({"value": 7})
    assert await stage.value(stage.connect()) == 7


async def test_nothing_to_test(stage: Stage) -> None:
    """A manifest without `verify` says so, and nothing is sent."""
    await stage.start()
    proof = await verify(stage)
    assert proof == Proof(None, "Probe names no request to test a connection with.")
    assert stage.upstream.requests == []


async def test_answers_are_neither_kept_nor_merged(stage: Stage) -> None:
    """Every test is a request of its own, also at the same time as another or as a call of the same path."""
    go = asyncio.Event()

    async def handler(_: web.Request) -> web.Response:
        await go.wait()
        return web.json_response(ADA | {"value": 1})

    stage.upstream.handler = handler
    await stage.start(verify=VERIFY)
    ref = stage.connect()
    tasks = [asyncio.create_task(verify(stage, ref)), asyncio.create_task(verify(stage, ref))]
    asking = asyncio.create_task(stage.value(ref, "/me?limit=1"))
    await until(lambda: stage.upstream.running == 3)
    go.set()
    assert [(await task).health for task in tasks] == ["connected", "connected"]
    assert await asking == 1
    assert (await verify(stage, ref)).health == "connected"
    assert len(stage.upstream.requests) == 4


async def test_a_paused_connection_is_left_in_peace(stage: Stage) -> None:
    """While upstream wants a pause of this connection, a test of it sends nothing and says until when."""
    stage.upstream.handler = answering({}, 429, {"Retry-After": "90"})
    await stage.start(verify=VERIFY, clock=Clock())
    ref = stage.connect()
    await stage.ask(ref)
    proof = await verify(stage, ref)
    assert (proof.health, "Try again after 08:01:30 UTC." in proof.message) == (None, True)
    assert len(stage.upstream.requests) == 1


async def test_a_limited_test_stops_no_call(stage: Stage) -> None:
    """A limit that a test ran into does not pause the connection's calls: they learn of it themselves."""
    await stage.start(verify=VERIFY)
    ref = stage.connect()
    stage.upstream.handler = answering({}, 429, {"Retry-After": "3000"})
    await verify(stage, ref)
    stage.upstream.handler = answering({"value": 7})
    assert await stage.value(ref) == 7


async def test_every_outcome_of_upstream_is_observed_once(stage: Stage) -> None:
    """Whoever watches hears of each call that was run, not of answers that are at hand, and not of tests."""
    seen: list[tuple[ConnectionRef, object]] = []
    await stage.start(verify=VERIFY, observe=lambda ref, outcome: seen.append((ref, getattr(outcome, "code", outcome))))
    ref = stage.connect()
    await asyncio.gather(stage.value(ref), stage.value(ref))
    await stage.value(ref)
    stage.upstream.handler = answering({}, 401)
    await stage.ask(ref, newer_than=time.time())
    await verify(stage, ref)
    assert seen == [(ref, 42), (ref, "#PROBE_AUTH!")]
