"""The `kernel` that a plugin's `register` receives, and the only thing it ever gets from GridOS."""

import inspect
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from gridos.errors import BadPlugin, ForeignSecret
from gridos.plugins.http import Http, Response
from gridos.plugins.manifest import Manifest
from gridos.plugins.scope import current_scope

_logger = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Z][A-Z0-9_.]{0,63}")
_LIKE_A_CELL = re.compile(r"[A-Z]{1,3}[0-9]+|R[0-9]*C[0-9]*")

_F = TypeVar("_F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class PluginFunction:
    """
    One registered function. `name` is in upper case, `plugin` is the slug.

    A live function runs outside the recalculation; an asynchronous one is awaited, any other needs a thread.
    """

    name: str
    plugin: str
    live: bool
    asynchronous: bool
    function: Callable[..., Any]


class Kernel:
    """
    Collects what one plugin registers, and lends it its own secrets and its own way out while a call runs.

    It knows one manifest and holds no value: outside a call there is nothing here to be read.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._closed = False
        self.functions: dict[str, PluginFunction] = {}
        self.agents: list[Mapping[str, Any]] = []
        self.models: list[Mapping[str, Any]] = []
        self.http: Http = _HttpOfTheCall(manifest.slug)

    @overload
    def formula(self, name: _F) -> _F: ...
    @overload
    def formula(self, name: str | None = None) -> Callable[[_F], _F]: ...
    def formula(self, name: _F | str | None = None) -> _F | Callable[[_F], _F]:
        """Register the decorated function under a name; without one, under its own name in upper case."""
        if callable(name):
            return self.formula()(name)

        def register(function: _F) -> _F:
            self._add(str(name or getattr(function, "__name__", "")).upper(), function)
            return function

        return register

    def get_secret(self, slug: str, key: str, env_fallback: str | None = None) -> str:
        """
        The owner's secret while a call runs, or `""` when it is not set.

        In `oss` mode `env_fallback` may name `<SLUG>_<KEY>` or a declared key; no other variable is ever read.
        """
        if slug != self._manifest.slug or key not in self._manifest.keys:
            raise ForeignSecret
        scope = current_scope(slug)
        if secret := scope.secrets.get(key):
            return secret.reveal()
        if env_fallback is None:
            return ""
        if env_fallback not in self._manifest.variables:
            _logger.warning("plugin %s asked for an environment variable that is not one of its keys", slug)
            return ""
        fallback = scope.environment.get(env_fallback)
        return fallback.reveal() if fallback else ""

    def agent(self, agent: Mapping[str, Any]) -> None:
        """List an agent; it needs `id` and `system_prompt`."""
        self.agents.append(self._complete("agent", agent, ("id", "system_prompt")))

    def model(self, model: Mapping[str, Any]) -> None:
        """List a model; it needs `id`, `provider`, `display_name` and `description`."""
        self.models.append(self._complete("model", model, ("id", "provider", "display_name", "description")))

    def close(self) -> None:
        """Accept nothing more: what a plugin registers is known when its `register` returns."""
        self._closed = True

    def _add(self, name: str, function: Callable[..., object]) -> None:
        self._check_open()
        if not callable(function):
            raise BadPlugin(f"{name} is registered for something that is not a function.")
        if not _NAME.fullmatch(name) or _LIKE_A_CELL.fullmatch(name):
            raise BadPlugin(
                "A formula's name begins with a letter, goes on with letters, digits, `_` and `.`, at most 64 in all, "
                "and does not look like a cell's address."
            )
        if name in self.functions:
            raise BadPlugin(f"{name} is registered twice.")
        asynchronous = inspect.iscoroutinefunction(function)
        live = asynchronous or self._manifest.is_live
        self.functions[name] = PluginFunction(name, self._manifest.slug, live, asynchronous, function)

    def _complete(self, kind: str, entry: Mapping[str, Any], members: tuple[str, ...]) -> Mapping[str, Any]:
        self._check_open()
        if missing := [member for member in members if not entry.get(member)]:
            raise BadPlugin(f"kernel.{kind} needs `{missing[0]}`.")
        return dict(entry)

    def _check_open(self) -> None:
        if self._closed:
            raise BadPlugin("Everything is registered before `register` returns.")


class _HttpOfTheCall:
    """Passes every request to the way out of the call that runs right here; refused when none of this plugin's does."""

    def __init__(self, slug: str) -> None:
        self._slug = slug

    async def get_json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return await current_scope(self._slug).http.get_json(path, params)

    async def post_json(self, path: str, json: Any) -> Any:
        return await current_scope(self._slug).http.post_json(path, json)

    async def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Response:
        return await current_scope(self._slug).http.request(method, path, params=params, json=json)
