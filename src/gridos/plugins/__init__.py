"""
Plugins: what a manifest says, how plugin.py is loaded, and the kernel it meets.

Nothing here opens a secret or a socket; a running call is handed both (`CallScope`).
"""

from gridos.grid import CellError
from gridos.plugins.auth import Anonymous, AuthWay, BasicAuth, HeaderAuth, MintedAuth, QueryAuth, fill, keys_in
from gridos.plugins.batch import Batch, read_results
from gridos.plugins.checking import check
from gridos.plugins.connection_spec import ConnectionSpec, PaceSpec
from gridos.plugins.connections import ConnectionRef, OpenConnection
from gridos.plugins.days import Day, Days, DayTotal
from gridos.plugins.http import Http, Response, UpstreamError
from gridos.plugins.kernel import Kernel, PluginFunction, PluginSource
from gridos.plugins.manifest import Argument, FunctionSpec, Manifest, VerifySpec
from gridos.plugins.plugin import Plugin
from gridos.plugins.plugins import Plugins, shipped_folder
from gridos.plugins.results import normalize_result
from gridos.plugins.scaffolding import scaffold
from gridos.plugins.scope import CallScope
from gridos.plugins.secret_slot import SecretSlot

__all__ = [
    "Anonymous",
    "Argument",
    "AuthWay",
    "BasicAuth",
    "Batch",
    "CallScope",
    "CellError",
    "ConnectionRef",
    "ConnectionSpec",
    "Day",
    "DayTotal",
    "Days",
    "FunctionSpec",
    "HeaderAuth",
    "Http",
    "Kernel",
    "Manifest",
    "MintedAuth",
    "OpenConnection",
    "PaceSpec",
    "Plugin",
    "PluginFunction",
    "PluginSource",
    "Plugins",
    "QueryAuth",
    "Response",
    "SecretSlot",
    "UpstreamError",
    "VerifySpec",
    "check",
    "fill",
    "keys_in",
    "normalize_result",
    "read_results",
    "scaffold",
    "shipped_folder",
]
