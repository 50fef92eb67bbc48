"""Two storages for the same tests, and the users, plugins and root keys they play with."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from gridos.db.plugin_secrets import PostgresSecretStore
from gridos.plugin_secrets import KeyRing, SecretStore, Vault, new_key_line, ring_from_text
from gridos.plugin_secrets.opening import SealedConnections
from gridos.plugins import Manifest, Plugin, Plugins
from gridos.secret import Secret
from tests.plugin_secrets.dictionary_store import DictionarySecretStore

SHOPIFY = Manifest.model_validate(
    {
        "slug": "shopify",
        "secrets": [
            {
                "key": "STORE_DOMAIN",
                "label": "Store domain",
                "placeholder": "myshop.myshopify.com",
                "help": "Your Shopify admin domain.",
                "sensitive": False,
                "pattern": r"[a-z0-9][a-z0-9-]*\.myshopify\.com",
                "normalize": "hostname",
            },
            {
                "key": "ADMIN_TOKEN",
                "label": "Admin API token",
                "placeholder": "shpat_...",
                "help": "A token.",
                "tip": 1,
            },
            {"key": "CLIENT_ID", "label": "Client id", "placeholder": "", "help": "", "optional": True},
        ],
    }
)
STRIPE = Manifest.model_validate({"slug": "stripe", "secrets": [{"key": "API_KEY", "label": "Secret key"}]})
PLUGINS = Plugins([Plugin(SHOPIFY), Plugin(STRIPE)])

AddUser = Callable[[], Awaitable[UUID]]


def secrets(**values: str) -> dict[str, Secret]:
    """A batch of these values."""
    return {key: Secret(value) for key, value in values.items()}


def new_ring(*older: str) -> tuple[KeyRing, str]:
    """A ring with a new primary before older lines, and its text."""
    text = "\n".join([new_key_line(), *older])
    return ring_from_text(Secret(text)), text


@pytest.fixture(params=["dictionary", "postgres"])
def store(request: pytest.FixtureRequest) -> SecretStore:
    """Empty storage: a dictionary, and the same test again on PostgreSQL."""
    if request.param == "dictionary":
        return DictionarySecretStore()
    return PostgresSecretStore(request.getfixturevalue("doors"))


@pytest.fixture
def add_user(store: SecretStore, request: pytest.FixtureRequest) -> AddUser:
    """Makes users that the storage knows."""

    async def add_to_dictionary() -> UUID:
        return uuid4()

    async def add_to_postgres() -> UUID:
        user_id = uuid4()
        async with request.getfixturevalue("doors").as_service(why="a test needs a user") as connection:
            await connection.execute(
                "insert into public.users (id, email) values (%s, %s)", (user_id, f"{user_id}@example.com")
            )
        return user_id

    return add_to_postgres if isinstance(store, PostgresSecretStore) else add_to_dictionary


@pytest.fixture
async def owner(add_user: AddUser) -> UUID:
    """Ada, who stores secrets."""
    return await add_user()


@pytest.fixture
async def other(add_user: AddUser) -> UUID:
    """Ben, who has his own."""
    return await add_user()


@pytest.fixture
def ring() -> KeyRing:
    """The right root key."""
    return new_ring()[0]


@pytest.fixture
def vault(store: SecretStore, ring: KeyRing) -> Vault:
    """An unlocked vault."""
    return Vault(store, ring)


@pytest.fixture
def connections(store: SecretStore, ring: KeyRing) -> SealedConnections:
    """What opens the vault's values."""
    return SealedConnections(store, ring, PLUGINS)
