"""Chooses the database: the operator's, or our own in the data directory."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gridos.db import EmbeddedServer, find_running_url, make_logins, migrate
from gridos.db.connector_answers import end_leases
from gridos.db.connector_limits import end_processes
from gridos.errors import BadSetting, DatabaseWillNotStart, StorageUnavailable
from gridos.secret import Secret
from gridos.settings import Settings


@dataclass(frozen=True)
class DatabaseUrls:
    """
    Three ways in: who migrates, and the logins of the two doors.

    `revive` launches a database of our own again when somebody killed it, and says whether that was so.
    """

    migrator: str
    user: str
    service: str
    revive: Callable[[], bool] = lambda: False

    @property
    def is_shared(self) -> bool:
        """Whether one login serves both doors, so that only the code keeps them apart."""
        return self.user == self.service


@contextmanager
def open_database(settings: Settings) -> Generator[DatabaseUrls]:
    """A migrated database for as long as the context lasts. An embedded one is started, and stopped afterwards."""
    if settings.database_url:
        urls = _given(settings, settings.database_url)
        try:
            migrate(urls.migrator)
        except StorageUnavailable:
            raise StorageUnavailable("The database of GRIDOS_DATABASE_URL does not answer, or refuses us.") from None
        yield urls
        return
    make_data_dir(settings)
    with EmbeddedServer(settings.data_dir, settings.pg_bin) as server:
        migrate(server.url())
        make_logins(server.url())
        end_leases(server.url())
        end_processes(server.url())
        yield _embedded(server.url(), server.revive)


@contextmanager
def reach_database(settings: Settings) -> Generator[DatabaseUrls]:
    """As `open_database`, or the embedded database of a server that runs now: for commands beside it."""
    running = None if settings.database_url else find_running_url(settings.data_dir)
    if running:
        yield _embedded(running)
    else:
        with open_database(settings) as urls:
            yield urls


def _embedded(url: str, revive: Callable[[], bool] = lambda: False) -> DatabaseUrls:
    user, service = (make_conninfo(url, user=login) for login in ("gridos_user", "gridos_service"))
    return DatabaseUrls(url, user, service, revive)


def _given(settings: Settings, url: Secret) -> DatabaseUrls:
    return DatabaseUrls(
        _checked("GRIDOS_DATABASE_URL", url),
        _checked("GRIDOS_DATABASE_USER_URL", settings.database_user_url or url),
        _checked("GRIDOS_DATABASE_SERVICE_URL", settings.database_service_url or url),
    )


def _checked(name: str, url: Secret) -> str:
    """The address itself. What is wrong with it is not repeated: it holds a password."""
    try:
        conninfo_to_dict(url.reveal())
    except psycopg.Error:
        raise BadSetting(f"{name}: this is not an address such as `postgresql://user:password@host/name`.") from None
    return url.reveal()


def make_data_dir(settings: Settings) -> None:
    """The data directory, readable by its owner only."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseWillNotStart(
            f"The data directory {settings.data_dir} cannot be made: {error.strerror}. Set GRIDOS_DATA_DIR to another."
        ) from None
