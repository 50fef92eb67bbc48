"""The plugins that come with GridOS."""

import os
import re
import subprocess
import sys

import pytest

from gridos.plugins import Plugin, Plugins, check, keys_in, shipped_folder

SHIPPED = Plugins.load([shipped_folder()], lambda name: False)


@pytest.fixture(params=[plugin.slug for plugin in SHIPPED])
def plugin(request: pytest.FixtureRequest) -> Plugin:
    """Each shipped plugin in turn."""
    return SHIPPED.get(request.param)


def test_all_of_them_are_there() -> None:
    """The four of the contract, each loaded."""
    assert [(plugin.slug, plugin.error) for plugin in SHIPPED] == [
        ("github", None),
        ("hello_world", None),
        ("shopify", None),
        ("stripe", None),
    ]


def test_they_pass_the_check_for_authors(plugin: Plugin) -> None:
    """Everything is described, and everything described is registered."""
    assert check(shipped_folder() / plugin.slug, lambda name: False) == []


def test_they_read_well(plugin: Plugin) -> None:
    """Each says who made it and what it is, and every function has an example that calls it."""
    manifest = plugin.manifest
    assert manifest.name
    assert manifest.category
    assert manifest.author == "GridOS"
    for function in manifest.functions:
        assert function.description.endswith(".")
        assert function.example.startswith(f"={function.name}(")
    for slot in manifest.secrets:
        assert slot.label
        assert slot.help.endswith(".")
        assert slot.obtain_url or not slot.sensitive


def test_only_registered_functions_are_offered() -> None:
    """The functions of the contract, and no other."""
    assert sorted(SHIPPED.functions) == [
        "GITHUB_COMMITS_LAST_N_DAYS",
        "GITHUB_FORKS",
        "GITHUB_OPEN_ISSUES",
        "GITHUB_STARS",
        "GREET",
        "SHOPIFY_AVG_ORDER_VALUE",
        "SHOPIFY_ORDER_COUNT",
        "SHOPIFY_PRODUCT_COUNT",
        "SHOPIFY_REVENUE",
        "STRIPE_ACTIVE_SUBSCRIBERS",
        "STRIPE_CHARGE_COUNT",
        "STRIPE_CUSTOMER_COUNT",
        "STRIPE_MRR",
        "STRIPE_REVENUE",
    ]
    assert all(function.live for name, function in SHIPPED.functions.items() if name != "GREET")


def test_greet() -> None:
    """The pure function greets a name, and the world when there is none."""
    greet = SHIPPED.functions["GREET"]
    assert not greet.live
    assert [greet.function("Ada"), greet.function(), greet.function(None)] == [
        "Hello, Ada!",
        "Hello, world!",
        "Hello, world!",
    ]


def test_shopifys_first_slots_are_the_documented_ones() -> None:
    """The four documented members of both, byte for byte; further slots only follow."""
    slots = SHIPPED.get("shopify").manifest.declared()
    documented = [{member: slot[member] for member in ("key", "label", "placeholder", "help")} for slot in slots]
    assert documented[0] == {
        "key": "STORE_DOMAIN",
        "label": "Store domain",
        "placeholder": "myshop.myshopify.com",
        "help": "Your Shopify admin domain (no https://, no trailing slash).",
    }
    assert {member: documented[1][member] for member in ("key", "label", "placeholder")} == {
        "key": "ADMIN_TOKEN",
        "label": "Admin API token",
        "placeholder": "shpat_...",
    }
    assert documented[1]["help"].startswith("Private app admin access token")
    assert [slot["key"] for slot in slots[2:]] == ["CLIENT_ID", "CLIENT_SECRET"]
    assert all(slot["optional"] for slot in slots[2:])


def test_the_contracts_example_is_accepted() -> None:
    """The documented body of PUT passes as it stands."""
    manifest = SHIPPED.get("shopify").manifest
    for key, value in {"STORE_DOMAIN": "myshop.myshopify.com", "ADMIN_TOKEN": "shpat_..."}.items():
        slot = manifest.slot(key)
        assert slot
        assert slot.accept(value) == value


def test_a_secret_travels_to_its_provider_only() -> None:
    """Every base address is one of three providers', whatever anybody stores."""
    bases = {plugin.slug: plugin.manifest.connection.base_url for plugin in SHIPPED if plugin.manifest.connection}
    assert bases == {
        "github": "https://api.github.com",
        "shopify": "https://{STORE_DOMAIN}",
        "stripe": "https://api.stripe.com",
    }
    domain = SHIPPED.get("shopify").manifest.slot("STORE_DOMAIN")
    assert domain
    assert domain.can_steer


@pytest.mark.parametrize(
    ("slug", "is_set", "keys"),
    [
        ("shopify", {"STORE_DOMAIN", "ADMIN_TOKEN"}, {"ADMIN_TOKEN"}),
        ("shopify", {"STORE_DOMAIN", "CLIENT_ID", "CLIENT_SECRET"}, {"CLIENT_ID", "CLIENT_SECRET"}),
        ("shopify", {"STORE_DOMAIN", "CLIENT_ID"}, None),
        ("shopify", {"ADMIN_TOKEN"}, None),
        ("stripe", {"SECRET_KEY"}, {"SECRET_KEY"}),
        ("stripe", set[str](), None),
        ("github", {"TOKEN"}, {"TOKEN"}),
        ("github", set[str](), set[str]()),
    ],
)
def test_which_way_is_used(slug: str, is_set: set[str], keys: set[str] | None) -> None:
    """The first complete way; only GitHub may be asked anonymously."""
    spec = SHIPPED.get(slug).manifest.connection
    assert spec
    way = spec.find_way(is_set)
    assert (way and way.keys) == keys


def test_verifying_is_allowed_by_the_connection(plugin: Plugin) -> None:
    """The request that proves a connection uses a method and a path that the manifest itself allows."""
    verify, spec = plugin.manifest.verify, plugin.manifest.connection
    assert (verify is None) == (spec is None)
    if verify and spec:
        assert spec.allows("GET" if verify.body is None else "POST", verify.path.partition("?")[0])


def test_no_manifest_holds_a_secret(plugin: Plugin) -> None:
    """Headers that go with every request are plain facts, and placeholders are no keys."""
    spec = plugin.manifest.connection
    assert not any(keys_in(value) for value in (spec.headers.values() if spec else ()))
    assert all(re.fullmatch(r"|.*\.\.\.|.*\.myshopify\.com", slot.placeholder) for slot in plugin.manifest.secrets)


def test_a_shops_zone_is_known_where_the_system_knows_none() -> None:
    """Slim images have no zone data of their own; GridOS brings it along."""
    code = "from zoneinfo import ZoneInfo; print(ZoneInfo('Asia/Tokyo'))"
    env = {"PATH": os.environ["PATH"], "PYTHONTZPATH": ""}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("Asia/Tokyo\n", "")
