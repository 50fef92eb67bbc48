"""Chooses the database: the operator's, or our own in the data directory."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from gridos.db import EmbeddedServer, make_logins, migrate
from gridos.errors import DatabaseWillNotStart
from gridos.settings import Settings

log = logging.getLogger(__name__)


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
        migrator = server.url()
        migrate(migrator)
        make_logins(migrator)
        yield DatabaseUrls(migrator, server.url("gridos_user"), server.url("gridos_service"))


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
