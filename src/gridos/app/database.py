"""Chooses the database: the operator's, or our own in the data directory."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg.conninfo import make_conninfo

from gridos.db import EmbeddedServer, find_running_url, make_logins, migrate
from gridos.errors import DatabaseWillNotStart
from gridos.settings import Settings


@dataclass(frozen=True)
class DatabaseUrls:
    """Three ways in: who migrates, and the logins of the two doors."""

    migrator: str
    user: str
    service: str

    @property
    def is_shared(self) -> bool:
        """Whether one login serves both doors, so that only the code keeps them apart."""
        return self.user == self.service


@contextmanager
def open_database(settings: Settings) -> Generator[DatabaseUrls]:
    """A migrated database for as long as the context lasts. An embedded one is started, and stopped afterwards."""
    if settings.database_url:
        urls = _given(settings, settings.database_url.reveal())
        migrate(urls.migrator)
        yield urls
        return
    make_data_dir(settings)
    with EmbeddedServer(settings.data_dir, settings.pg_bin) as server:
        migrate(server.url())
        make_logins(server.url())
        yield _embedded(server.url())


@contextmanager
def reach_database(settings: Settings) -> Generator[DatabaseUrls]:
    """As `open_database`, or the embedded database of a server that runs now: for commands beside it."""
    running = None if settings.database_url else find_running_url(settings.data_dir)
    if running:
        yield _embedded(running)
    else:
        with open_database(settings) as urls:
            yield urls


def _embedded(url: str) -> DatabaseUrls:
    return DatabaseUrls(url, make_conninfo(url, user="gridos_user"), make_conninfo(url, user="gridos_service"))


def _given(settings: Settings, url: str) -> DatabaseUrls:
    user, service = settings.database_user_url, settings.database_service_url
    return DatabaseUrls(url, user.reveal() if user else url, service.reveal() if service else url)


def make_data_dir(settings: Settings) -> None:
    """The data directory, readable by its owner only."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseWillNotStart(
            f"The data directory {settings.data_dir} cannot be made: {error.strerror}. Set GRIDOS_DATA_DIR to another."
        ) from None
