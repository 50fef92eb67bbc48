"""A plugin written before connections existed: synchronous, own networking, a cache in its module."""

import gc
import json
import sys
import weakref
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gridos.errors import BadPlugin, OutsideCall
from gridos.plugins import CallScope, Plugin, Plugins
from gridos.secret import Secret
from tests.plugins.conftest import WritePlugin, scope_of

SHOP = """
    import json
    import os
    import urllib.request

    _kernel = None
    _cache = {}

    def _count(kind):
        token = _kernel.get_secret("old_shop", "ADMIN_TOKEN", env_fallback="OLD_SHOP_ADMIN_TOKEN")
        if not token:
            return "#OLD_SHOP_AUTH!"
        if kind not in _cache:
            request = urllib.request.Request(os.environ["OLD_SHOP_URL"] + kind, headers={"X-Token": token})
            with urllib.request.urlopen(request, timeout=5) as answer:
                _cache[kind] = json.load(answer)["count"]
        return _cache[kind]

    def register(kernel):
        global _kernel
        _kernel = kernel

        @kernel.formula("OLD_SHOP_ORDERS")
        def orders(days=30):
            return _count("/orders")
"""


@pytest.fixture
def old_shop(
    tmp_path: Path, write_plugin: WritePlugin, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Plugin:
    """The plugin, loaded unchanged, and an upstream where each token has a number of its own."""

    def answer(request: Request) -> Response:
        number = {"ada": 11, "ben": 22, "env": 33}[request.headers["X-Token"]]
        return Response(json.dumps({"count": number}))

    httpserver.expect_request("/orders").respond_with_handler(answer)
    monkeypatch.setenv("OLD_SHOP_URL", httpserver.url_for("").rstrip("/"))
    write_plugin("old_shop", SHOP, name="Old shop", secrets=[{"key": "ADMIN_TOKEN", "label": "Token"}])
    plugin = Plugins.load([tmp_path], lambda name: False).get("old_shop")
    assert plugin.error is None
    return plugin


def call(plugin: Plugin, token: str = "", environment: str = "") -> CallScope:
    """A call with this stored token, or with this one lent from the environment."""
    secrets, lent = {"ADMIN_TOKEN": Secret(token)}, {"OLD_SHOP_ADMIN_TOKEN": Secret(environment)}
    return scope_of(plugin.manifest, secrets, lent)


def test_it_runs_unchanged(old_shop: Plugin, httpserver: HTTPServer) -> None:
    """It is live, synchronous, asks its own upstream with the owner's token, and its cache saves a request."""
    function = old_shop.instantiate()["OLD_SHOP_ORDERS"]
    assert (function.live, function.asynchronous) == (True, False)
    for _ in range(2):
        with call(old_shop, "ada").entered():
            assert function.function() == 11
    assert len(httpserver.log) == 1


def test_two_owners_never_share_its_cache(old_shop: Plugin) -> None:
    """Executed afresh for each owner, so neither sees the other's number, whoever asks first."""
    ada, ben = old_shop.instantiate(), old_shop.instantiate()
    for functions, token, number in ((ada, "ada", 11), (ben, "ben", 22), (ada, "ada", 11)):
        with call(old_shop, token).entered():
            assert functions["OLD_SHOP_ORDERS"].function() == number


def test_its_globals_end_with_the_connection(old_shop: Plugin) -> None:
    """A new version of the connection starts with an empty cache, and nothing keeps the old module alive."""
    first = old_shop.instantiate()["OLD_SHOP_ORDERS"]
    with call(old_shop, "ada").entered():
        first.function()
    module = weakref.ref(first.function.__globals__["_kernel"])
    del first
    gc.collect()
    assert module() is None
    with call(old_shop, "ben").entered():
        assert old_shop.instantiate()["OLD_SHOP_ORDERS"].function() == 22


def test_the_operators_environment_answers_in_oss_only(old_shop: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lent environment is used when nothing is stored; the process's own never is."""
    monkeypatch.setenv("OLD_SHOP_ADMIN_TOKEN", "env")
    with call(old_shop, environment="env").entered():
        assert old_shop.instantiate()["OLD_SHOP_ORDERS"].function() == 33
    with call(old_shop).entered():
        assert old_shop.instantiate()["OLD_SHOP_ORDERS"].function() == "#OLD_SHOP_AUTH!"


def test_it_reads_nothing_after_the_call(old_shop: Plugin) -> None:
    """Its kept kernel is worth nothing between calls."""
    function = old_shop.instantiate()["OLD_SHOP_ORDERS"]
    with call(old_shop, "ada").entered():
        function.function()
    with pytest.raises(OutsideCall):
        function.function()


def test_executing_afresh_cannot_read_the_running_call(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """Plugin code that runs while it is instantiated inside a call is refused, and the refusal is one sentence."""
    write_plugin(
        "sneaky",
        """
        import sys
        loads = sys.modules.setdefault("loads_of_sneaky", [])

        def register(kernel):
            kernel.formula("SNEAKY")(print)
            loads.append(1)
            if len(loads) > 1:
                kernel.get_secret("sneaky", "TOKEN")
        """,
        secrets=[{"key": "TOKEN"}],
    )
    try:
        plugin = Plugins.load([tmp_path], lambda name: False).get("sneaky")
        scope = scope_of(plugin.manifest, {"TOKEN": Secret("canary")})
        with scope.entered(), pytest.raises(BadPlugin, match="only while one of its own calls runs"):
            plugin.instantiate()
    finally:
        sys.modules.pop("loads_of_sneaky", None)


def test_a_plugin_that_failed_has_no_instances(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """There is nothing to execute; the sentence of its failure is repeated."""
    write_plugin("broken", "x = 1")
    with pytest.raises(BadPlugin, match="no function"):
        Plugins.load([tmp_path], lambda name: False).get("broken").instantiate()
