"""An owner tests a connection, stored or not: real vault and fetch layer, Stripe's stand-in on a socket."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest

from gridos.errors import BadSecret, StorageUnavailable, TooManyTries, UnknownPlugin, VaultLocked
from gridos.fetching import Fetcher, Wish
from gridos.formulas import Call
from gridos.grid import CellError
from gridos.live import HealthWatch, Status, Uses, Verification, Verifying
from gridos.live.verifying import TESTS_A_MINUTE
from gridos.plugin_secrets import Finding, KeyRing, Vault, new_key_line, ring_from_text
from gridos.plugin_secrets.opening import SealedConnections
from gridos.plugins import Plugins, shipped_folder
from gridos.sandbox import STRIPE_KEYS, Sandbox, StripeAccount, stripe_accounts
from gridos.secret import Secret
from gridos.testing.no_network import NoNetwork
from tests.live.stage import KeptUses
from tests.plugin_secrets.dictionary_store import DictionarySecretStore
from tests.plugin_secrets.kept_activity import KeptActivity

PLUGINS = Plugins.load([shipped_folder()], lambda _: False)
STRIPE = PLUGINS.get("stripe").manifest
ADA, BEN = STRIPE_KEYS["ada"], STRIPE_KEYS["ben"]
WRONG = "sk_test_nobody_has_this_key"
HELPLESS = "rk_test_may_read_nothing_at_all"
CONNECTED = Verification(
    "connected",
    "Connected to Stripe. This is a secret key, which may do everything in the account: a restricted key (rk_...) is"
    " enough. It is a test key: every number will be of test data.",
)
ASKED = {"/v1/charges", "/v1/refunds", "/v1/subscriptions", "/v1/prices", "/v1/coupons", "/v1/customers"}


def new_ring() -> KeyRing:
    """A root key."""
    return ring_from_text(Secret(new_key_line()))


class Scene:
    """Ada's vault, and what tests her connections."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.ada, self.ben = uuid4(), uuid4()
        self.now = 0.0
        self.sandbox = sandbox
        self.store, self.ring, self.uses = DictionarySecretStore(), new_ring(), KeptUses()
        self.vault = Vault(self.store, self.ring)
        self.connections = SealedConnections(self.store, self.ring, PLUGINS)
        self.health = HealthWatch(PLUGINS, self.store)
        self.fetcher = Fetcher(
            PLUGINS,
            self.connections.open_connection,
            saas=True,
            upstreams={"stripe": sandbox.url, "github": sandbox.url, "shopify": sandbox.url},
            names=NoNetwork(),
            observe=self.health.observe,
        )
        self.activity = KeptActivity()
        self.verifying = self.new_verifying(self.ring)

    def new_verifying(self, ring: KeyRing) -> Verifying:
        """The same on a server with another root key."""
        vault, connections = Vault(self.store, ring), SealedConnections(self.store, ring, PLUGINS)
        return Verifying(
            PLUGINS,
            vault,
            self.store,
            connections,
            self.fetcher,
            self.uses,
            self.health,
            self.activity,
            lambda: self.now,
        )

    async def put(self, key: str, user: UUID | None = None) -> None:
        """Store a Stripe key."""
        await self.vault.put(user or self.ada, STRIPE, {"SECRET_KEY": Secret(key)})

    async def verify(self, slug: str = "stripe", **candidates: str) -> Verification:
        """Test Ada's connection, with these values in place of hers."""
        return await self.verifying.verify(self.ada, slug, {key: Secret(value) for key, value in candidates.items()})

    async def status(self, slug: str = "stripe") -> Status:
        """How Ada's connection stands, once everything heard is written."""
        await self.health.settle()
        return await self.verifying.status(self.ada, slug)

    async def state(self, slug: str = "stripe") -> str:
        """The status in one word."""
        return (await self.status(slug)).state

    async def call(self) -> Any:
        """What a cell with `=STRIPE_CUSTOMER_COUNT()` gets, asked anew."""
        ref = (await self.connections.current_connections(self.ada, ["stripe"]))["stripe"]
        return (await self.fetcher.ask(ref, Call("STRIPE_CUSTOMER_COUNT", "[]"), Wish(time.time()))).value

    async def order(self, **fault: Any) -> None:
        """Break the sandbox's next answers."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.sandbox.url}/_sandbox/faults", json=fault) as response,
        ):
            assert response.status == 201

    async def clear_faults(self) -> None:
        """Let the sandbox work again."""
        async with aiohttp.ClientSession() as session:
            await session.delete(f"{self.sandbox.url}/_sandbox/faults")

    async def requests(self) -> dict[str, int]:
        """How often each path of the sandbox was asked."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.sandbox.url}/_sandbox/requests") as response,
        ):
            return (await response.json())["paths"]


@pytest.fixture(scope="module")
def people() -> dict[str, StripeAccount]:
    """The usual people, and one whose key may read nothing."""
    return stripe_accounts() | {HELPLESS: StripeAccount("helpless", permissions=frozenset())}


@pytest.fixture
async def scene(people: dict[str, StripeAccount]) -> AsyncIterator[Scene]:
    """Nothing is stored yet."""
    async with Sandbox(accounts=people) as sandbox:
        scene = Scene(sandbox)
        yield scene
        await scene.health.settle()
        await scene.fetcher.aclose()


async def test_a_key_is_tested_before_it_is_stored(scene: Scene) -> None:
    """The right key is connected, and after the test it is nowhere."""
    assert await scene.verify(SECRET_KEY=ADA) == CONNECTED
    assert CONNECTED.ok
    assert scene.store.values == scene.store.connections == scene.store.data_keys == {}
    assert await scene.requests() == dict.fromkeys(ASKED, 1)
    assert await scene.state() == "not_set"


async def test_the_reasons_of_a_refusal(scene: Scene) -> None:
    """A wrong key is rejected; a key without permissions hears which ones it lacks."""
    assert await scene.verify(SECRET_KEY=WRONG) == Verification(
        "needs_attention", "Stripe did not accept the secret. It may be mistyped, expired or revoked."
    )
    assert await scene.verify(SECRET_KEY=HELPLESS) == Verification(
        "needs_attention",
        "Connected to Stripe, but without Charges and Refunds, Subscriptions, Prices, Coupons, Customers.",
    )


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"status": 429, "headers": {"Retry-After": "30"}}, "unverified", "Try again after"),
    ({"status": 503}, "unverified", "status 503"),
    ({"html": True}, "unverified", "It is not JSON."),
    ({"redirect": "https://evil.example/v1/charges"}, "unverified", "redirect, which GridOS never follows"),
    ({"redirect": "/v1/customers"}, "unverified", "redirect, which GridOS never follows"),
    ({"close": True}, "unverified", "cannot be reached"),
    ({"status": 401}, "needs_attention", "did not accept"),
    ({"status": 403}, "needs_attention", "but without Charges and Refunds"),
    ({"status": 403, "headers": {"Retry-After": "30"}}, "unverified", "Try again after"),
]


@pytest.mark.parametrize(("fault", "state", "words"), FAULTS)
async def test_trouble_upstream(scene: Scene, fault: dict[str, Any], state: str, words: str) -> None:
    """Each trouble has its sentence; only a refusal of the key blames the key. Nothing more is sent than could tell."""
    await scene.order(**fault)
    found = await scene.verify(SECRET_KEY=ADA)
    assert (found.state, found.ok, found.account) == (state, False, None)
    assert words in found.message
    assert set(await scene.requests()) == (ASKED if "but without" in words else {"/v1/charges"})


async def test_stripe_is_down(scene: Scene) -> None:
    """Nobody listens: that is said, and blames no key."""
    await scene.sandbox.stop()
    found = await scene.verify(SECRET_KEY=ADA)
    assert (found.state, found.message) == ("unverified", "Stripe cannot be reached. No connection could be made.")


async def test_a_test_of_other_values_changes_nothing(scene: Scene) -> None:
    """Whatever a candidate's test finds, the stored key and what is known of it stay."""
    await scene.put(ADA)
    assert (await scene.verify()).ok
    before = (dict(scene.store.values), dict(scene.store.connections))
    for candidate in (WRONG, HELPLESS, BEN):
        await scene.verify(SECRET_KEY=candidate)
    assert (scene.store.values, scene.store.connections) == before
    assert await scene.state() == "connected"
    assert await scene.call() == 60


@pytest.mark.parametrize("candidates", [{}, {"SECRET_KEY": BEN}], ids=["stored", "equal"])
async def test_a_test_of_the_stored_key_is_remembered(scene: Scene, candidates: dict[str, str]) -> None:
    """The status tells what the last test of the stored key found, until the key changes."""
    await scene.put(BEN)
    fresh = await scene.status()
    assert (fresh.state, fresh.message) == ("unverified", "Not tested since its values changed.")
    assert fresh.checked_at is None
    await scene.verify(**candidates)
    tested = await scene.status()
    assert (tested.state, tested.message) == (CONNECTED.state, CONNECTED.message)
    assert tested.checked_at
    await scene.put(ADA)
    assert (await scene.status()).checked_at is None
    assert await scene.state() == "unverified"


async def test_a_passing_trouble_is_no_verdict(scene: Scene) -> None:
    """A test that could not tell is remembered only as long as nothing else is."""
    await scene.put(ADA)
    await scene.order(status=503)
    await scene.verify()
    status = await scene.status()
    assert (status.state, "status 503" in status.message) == ("unverified", True)
    await scene.clear_faults()
    await scene.verify()
    await scene.order(status=503)
    await scene.verify()
    assert await scene.state() == "connected"


async def test_a_call_that_is_rejected(scene: Scene) -> None:
    """A 401 of a live call turns the connection to `needs_attention`; a later success turns it back."""
    await scene.put(ADA)
    assert await scene.call() == 60
    assert await scene.state() == "connected"
    await scene.order(status=401)
    assert isinstance(await scene.call(), CellError)
    status = await scene.status()
    assert (status.state, "did not accept the secret" in status.message) == ("needs_attention", True)
    await scene.clear_faults()
    assert await scene.call() == 60
    assert await scene.state() == "connected"


@pytest.mark.parametrize("trouble", [{"status": 403}, {"status": 500}, {"html": True}, {"close": True}])
async def test_other_trouble_of_a_call_says_nothing_of_the_connection(scene: Scene, trouble: dict[str, Any]) -> None:
    """Only a 401 means that the connection itself is at fault."""
    await scene.put(ADA)
    await scene.verify()
    await scene.order(**trouble)
    await scene.call()
    assert await scene.state() == "connected"


async def test_a_success_hides_no_missing_permission(scene: Scene) -> None:
    """What a test found missing stays known although other calls, which do not need it, succeed."""
    await scene.put(ADA)
    await scene.order(path="/v1/charges", status=403)
    await scene.verify()
    assert await scene.call() == 60
    assert await scene.state() == "needs_attention"


async def test_a_rejection_after_a_test_is_heard(scene: Scene) -> None:
    """A test in between does not make the watch deaf: the next 401 counts again."""
    await scene.put(ADA)
    await scene.order(status=401)
    await scene.call()
    await scene.clear_faults()
    assert (await scene.verify()).ok
    assert await scene.state() == "connected"
    await scene.order(status=401)
    await scene.call()
    assert await scene.state() == "needs_attention"


class DownStore(DictionarySecretStore):
    """A storage that does not take findings while `is_down`."""

    is_down = True

    async def put_finding(self, connection: UUID, version: int, finding: Finding, over: str | None = None) -> None:
        if self.is_down:
            raise StorageUnavailable
        await super().put_finding(connection, version, finding, over)


async def test_a_finding_that_could_not_be_kept(scene: Scene) -> None:
    """While the storage is down calls go on, and the next one tries to write again."""
    await scene.put(ADA)
    down = DownStore()
    down.values, down.connections = scene.store.values, scene.store.connections
    watch = HealthWatch(PLUGINS, down)
    ref = (await scene.connections.current_connections(scene.ada, ["stripe"]))["stripe"]
    for down.is_down in (True, False):
        watch.observe(ref, 1)
        await watch.settle()
    assert await scene.state() == "connected"


async def test_only_changes_are_written(scene: Scene) -> None:
    """A thousand equal outcomes are one write, and a plugin that is gone is none."""
    await scene.put(ADA)
    ref = (await scene.connections.current_connections(scene.ada, ["stripe"]))["stripe"]
    written: list[str | None] = []

    class Counting(DictionarySecretStore):
        async def put_finding(self, connection: UUID, version: int, finding: Finding, over: str | None = None) -> None:
            written.append(finding.health)

    watch = HealthWatch(PLUGINS, Counting())
    rejected = CellError("#STRIPE_AUTH!")
    for outcome in (1, CellError("#STRIPE_OFFLINE!"), "two", rejected, CellError("#STRIPE_403!"), rejected, 3):
        for _ in range(1000):
            watch.observe(ref, outcome)
    watch.observe(replace(ref, version=ref.version + 1), 3)
    watch.observe(replace(ref, plugin="notion", id=uuid4()), 3)
    await watch.settle()
    assert written == ["connected", "needs_attention", "connected", "connected"]


async def test_what_was_heard_last_is_known(scene: Scene) -> None:
    """However slow the storage is, the last outcome wins."""
    await scene.put(ADA)
    ref = (await scene.connections.current_connections(scene.ada, ["stripe"]))["stripe"]
    go = asyncio.Event()

    class Slow(DictionarySecretStore):
        async def put_finding(self, connection: UUID, version: int, finding: Finding, over: str | None = None) -> None:
            if finding.health == "needs_attention":
                await go.wait()
            await super().put_finding(connection, version, finding, over)

    slow = Slow()
    slow.values, slow.connections = scene.store.values, scene.store.connections
    watch = HealthWatch(PLUGINS, slow)
    watch.observe(ref, CellError("#STRIPE_AUTH!"))
    watch.observe(ref, 3)
    await asyncio.sleep(0)
    go.set()
    await watch.settle()
    assert await scene.state() == "connected"


async def test_incomplete_values_are_not_sent(scene: Scene) -> None:
    """What is missing is named, by its label, without a request; an empty candidate counts as unset."""
    await scene.put(ADA)
    assert await scene.verify(SECRET_KEY="") == Verification("not_set", "Nothing is set for Stripe.")
    assert await scene.verify("shopify", STORE_DOMAIN="a.myshopify.com") == Verification(
        "incomplete", "Shopify also needs Admin API token."
    )
    assert await scene.verify("hello_world") == Verification("not_set", "Nothing is set for Hello world.")
    assert await scene.requests() == {}


@pytest.mark.parametrize(
    ("slug", "candidates"),
    [
        ("stripe", {"NOT_DECLARED": "x"}),
        ("stripe", {"SECRET_KEY": "   "}),
        ("stripe", {"SECRET_KEY": "sk\nlive"}),
        ("stripe", {"SECRET_KEY": "••••"}),
        ("stripe", {"SECRET_KEY": "x" * 8193}),
        ("shopify", {"STORE_DOMAIN": "evil.example", "ADMIN_TOKEN": "t"}),
        ("shopify", {"STORE_DOMAIN": "a.myshopify.com.evil.example", "ADMIN_TOKEN": "t"}),
        ("shopify", {"STORE_DOMAIN": "evil.example#.myshopify.com", "ADMIN_TOKEN": "t"}),
        ("shopify", {"STORE_DOMAIN": "127.0.0.1", "ADMIN_TOKEN": "t"}),
    ],
)
async def test_a_foreign_host_is_refused(scene: Scene, slug: str, candidates: dict[str, str]) -> None:
    """CVE-2026-42226: what could not be stored cannot be tested, so no candidate leads a secret to another host."""
    with pytest.raises(BadSecret) as refusal:
        await scene.verify(slug, **candidates)
    assert not any(value in str(refusal.value) for value in candidates.values() if value.strip(" •t"))
    assert await scene.requests() == {}
    assert scene.store.values == {}


async def test_a_foreign_connection_is_out_of_reach(scene: Scene) -> None:
    """CVE-2026-42226: a test spends only one's own stored values, never those of another user."""
    await scene.put(BEN, scene.ben)
    assert (await scene.verify()).state == "not_set"
    assert await scene.state() == "not_set"
    await scene.verifying.verify(scene.ben, "stripe", {})
    assert (await scene.verifying.status(scene.ben, "stripe")).state == "connected"
    assert await scene.state() == "not_set"


async def test_unknown_plugins(scene: Scene) -> None:
    """A slug that this server does not have is neither tested nor described."""
    for question in (scene.verify("notion"), scene.status("notion")):
        with pytest.raises(UnknownPlugin):
            await question


async def test_too_many_tests(scene: Scene) -> None:
    """Twenty tests a minute and user; a refused value costs none, and other users are not held up."""
    with pytest.raises(BadSecret):
        await scene.verify(NOT_DECLARED="x")
    for _ in range(TESTS_A_MINUTE):
        await scene.verify("hello_world")
    with pytest.raises(TooManyTries, match="Too many tests"):
        await scene.verify()
    await scene.verifying.verify(scene.ben, "stripe", {})
    scene.now += 3
    await scene.verify()
    with pytest.raises(TooManyTries):
        await scene.verify()


async def test_the_status_of_each_value(scene: Scene) -> None:
    """Every declared key is listed in its order, with the date of the set ones, beside what uses the plugin."""
    shopify = PLUGINS.get("shopify").manifest
    await scene.vault.put(scene.ada, shopify, {"ADMIN_TOKEN": Secret("shpat_1")})
    await scene.uses.put(uuid4(), {"shopify": 14})
    status = await scene.status("shopify")
    assert (status.state, status.message) == ("incomplete", "Shopify also needs Store domain.")
    assert [(key, at is not None) for key, at in status.slots.items()] == [
        ("STORE_DOMAIN", False),
        ("ADMIN_TOKEN", True),
        ("CLIENT_ID", False),
        ("CLIENT_SECRET", False),
    ]
    assert status.used_by == Uses(1, 14)


async def test_an_unreadable_value(scene: Scene) -> None:
    """A damaged value breaks neither the status nor the test of its replacement, and is never sent."""
    await scene.put(ADA)
    elsewhere = scene.ring.unwrap(scene.ring.make_data_key(scene.ada))
    damaged = elsewhere.seal("stripe", "SECRET_KEY", Secret(ADA))
    await scene.store.write(scene.ada, "stripe", {"SECRET_KEY": damaged}, ())
    status = await scene.status()
    assert (status.state, list(status.slots)) == ("unreadable", ["SECRET_KEY"])
    assert "SECRET_KEY" in status.message
    assert (await scene.verify()).state == "unreadable"
    assert await scene.requests() == {}
    assert (await scene.verify(SECRET_KEY=ADA)).ok


async def test_without_the_root_key(scene: Scene) -> None:
    """A locked vault is a state of the connection, and refuses a test as it refuses to store."""
    await scene.put(ADA)
    locked = scene.new_verifying(new_ring())
    assert (await locked.status(scene.ada, "stripe")).state == "unreadable"
    for candidates in ({}, {"SECRET_KEY": Secret(ADA)}):
        with pytest.raises(VaultLocked):
            await locked.verify(scene.ada, "stripe", candidates)
    assert await scene.requests() == {}


async def test_a_test_is_written_down(scene: Scene) -> None:
    """Who tested what, and how it ended; never with which value."""
    await scene.put(ADA)
    await scene.verify()
    await scene.verify(SECRET_KEY=WRONG)
    assert [(event.action, event.plugin, event.actor, event.detail) for event in scene.activity.events] == [
        ("verify", "stripe", scene.ada, "connected"),
        ("verify", "stripe", scene.ada, "needs_attention"),
    ]
