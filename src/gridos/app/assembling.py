"""Puts the rooms together, once, at start."""

import asyncio
import hmac
import logging
import os
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
from fastapi import APIRouter, FastAPI

from gridos.accounts import Accounts, Passwords, PublishedKeys, Sessions, SharedSecret, Tokens
from gridos.app.database import DatabaseUrls
from gridos.app.metrics import make_registry
from gridos.app.notices import subscribe
from gridos.app.root_key import find_ring
from gridos.db import Doors, Listener
from gridos.db.accounts import PostgresAccounts
from gridos.db.marketplace import PostgresMarketplace
from gridos.db.plugin_secrets import PostgresSecretStore
from gridos.db.sharing import PostgresSharing
from gridos.db.workbook_log import PostgresWorkbookLog
from gridos.db.workbooks import PostgresWorkbooks
from gridos.errors import Unavailable
from gridos.fetching import Egress, Fetcher
from gridos.formulas import is_builtin
from gridos.live import Hub
from gridos.marketplace import Marketplace
from gridos.plugin_secrets import Vault
from gridos.plugin_secrets.environment import EnvironmentConnections
from gridos.plugin_secrets.opening import Connections, SealedConnections
from gridos.plugins import Plugins, shipped_folder
from gridos.settings import Settings
from gridos.web import accounts as account_routes
from gridos.web import marketplace as marketplace_routes
from gridos.web import plugin_secrets as secret_routes
from gridos.web import service as service_routes
from gridos.web import sharing as sharing_routes
from gridos.web import workbooks as workbook_routes
from gridos.web.application import create_app
from gridos.web.guarding import Guard
from gridos.workbooks import Sharing, Workbooks

log = logging.getLogger(__name__)

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
IDLE_CHECK_SECONDS = 60.0
JWKS_SECONDS = 5.0


@dataclass(frozen=True)
class Server:
    """The running parts that commands and tests reach for."""

    app: FastAPI
    accounts: Accounts
    workbooks: Workbooks
    sharing: Sharing
    hub: Hub
    vault: Vault
    plugins: Plugins
    fetcher: Fetcher


def load_plugins(settings: Settings) -> Plugins:
    """The shipped plugins and the operator's."""
    return Plugins.load([shipped_folder(), *settings.plugins_dir], is_builtin)
