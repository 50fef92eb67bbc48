"""The single user's connections: the server's environment."""

from collections.abc import Mapping
from uuid import uuid4

import pytest

from gridos.errors import SecretUnreadable, UnknownPlugin
from gridos.plugin_secrets.environment import EnvironmentConnections
from gridos.plugins import ConnectionRef, OpenConnection
from gridos.secret import Secret
from tests.plugin_secrets.conftest import PLUGINS

OWNER = uuid4()


async def opened(environ: Mapping[str, str], plugin: str = "shopify") -> OpenConnection:
    """A plugin's connection in this environment."""
    connections = EnvironmentConnections(environ, PLUGINS)
    return await connections.open_connection((await connections.current_connections(OWNER, [plugin]))[plugin])


def revealed(values: Mapping[str, Secret]) -> dict[str, str]:
    """The texts of opened values."""
    return {key: secret.reveal() for key, secret in values.items()}


async def test_reads_slug_and_key() -> None:
    """`<SLUG>_<KEY>` is the value of that key, accepted as the settings form would."""
    connection = await opened({"SHOPIFY_STORE_DOMAIN": "https://A.myshopify.com/", "SHOPIFY_ADMIN_TOKEN": " t\n"})
    assert revealed(connection.secrets) == {"STORE_DOMAIN": "a.myshopify.com", "ADMIN_TOKEN": "t"}


async def test_nothing_undeclared_is_read() -> None:
    """Other variables, other plugins' variables and the names of declared keys of others are not handed over."""
    connection = await opened(
        {"PATH": "/bin", "STRIPE_API_KEY": "k", "API_KEY": "k", "SHOPIFY_OTHER": "x", "shopify_admin_token": "x"}
    )
    assert (connection.secrets, connection.environment) == ({}, {})


async def test_a_fallback_may_name_a_declared_key() -> None:
    """What `env_fallback` may name is handed over apart from the secrets: the key itself, with or without the slug."""
    connection = await opened({"ADMIN_TOKEN": " t ", "SHOPIFY_CLIENT_ID": "c"})
    assert revealed(connection.secrets) == {"CLIENT_ID": "c"}
    assert revealed(connection.environment) == {"ADMIN_TOKEN": "t", "SHOPIFY_CLIENT_ID": "c"}


async def test_a_blank_variable_is_not_set() -> None:
    """An empty variable is the usual way to say that there is none."""
    connection = await opened({"SHOPIFY_ADMIN_TOKEN": "", "SHOPIFY_CLIENT_ID": "  ", "ADMIN_TOKEN": ""})
    assert (connection.secrets, connection.environment) == ({}, {})


async def test_a_variable_that_is_not_accepted_is_named() -> None:
    """A value the settings form would refuse is never sent; the error names the variable and not its value."""
    with pytest.raises(SecretUnreadable, match="SHOPIFY_STORE_DOMAIN") as caught:
        await opened({"SHOPIFY_STORE_DOMAIN": "canary.example.com"})
    assert "canary" not in str(caught.value)


async def test_every_start_has_new_connections() -> None:
    """Answers kept from an earlier start, whose values may have differed, never match."""
    starts = [EnvironmentConnections({}, PLUGINS) for _ in range(2)]
    refs = [ref for start in starts for ref in (await start.current_connections(OWNER, ["shopify", "stripe"])).values()]
    assert len({ref.id for ref in refs}) == 4
    assert await starts[0].current_connections(OWNER, ["shopify"]) == {"shopify": refs[0]}


async def test_an_unknown_plugin_has_no_connection() -> None:
    """A plugin this server does not have opens nothing."""
    with pytest.raises(UnknownPlugin):
        await EnvironmentConnections({}, PLUGINS).open_connection(ConnectionRef(OWNER, "notion", uuid4(), 0))
