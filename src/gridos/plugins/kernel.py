"""The `kernel` that a plugin's `register` receives, and the only thing it ever gets from GridOS."""

import inspect
import logging
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import wraps
from typing import Any, ParamSpec, TypeVar, overload

from gridos.errors import BadPlugin, ForeignSecret
from gridos.plugins.batch import AskTogether, Batch
from gridos.plugins.days import Day, Days
from gridos.plugins.http import Http, Response
from gridos.plugins.manifest import Manifest
from gridos.plugins.scope import current_scope

_logger = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Z][A-Z0-9_.]{0,63}")
_LIKE_A_CELL = re.compile(r"[A-Z]{1,3}[0-9]+|R[0-9]*C[0-9]*")

_SOURCE = re.compile(r"[a-z][a-z0-9_]{0,63}")

GOOD_FOR = 300.0
"""Seconds an answer is good for when its plugin says nothing else."""
CALL_SECONDS = 120.0
"""Seconds a call may take of its own time."""

_F = TypeVar("_F", bound=Callable[..., object])
_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PluginFunction:
    """
    One registered function. `name` is in upper case, `plugin` is the slug.

    A live function runs outside the recalculation; an asynchronous one is awaited, any other needs a thread. Its
    answers are good for `ttl` seconds.
    """

    name: str
    plugin: str
    live: bool
    asynchronous: bool
    function: Callable[..., Any]
    ttl: float = GOOD_FOR


@dataclass(frozen=True, slots=True)
class PluginSource:
    """
    What several functions of a plugin are worked out from; asked once for all of them, and good for `ttl` seconds.

    It may take `seconds` of its own time. What it returns must be JSON. With a `batch`, calls that wait at the same
    time are made together.
    """

    name: str
    plugin: str
    function: Callable[..., Coroutine[Any, Any, Any]]
    ttl: float = GOOD_FOR
    seconds: float = CALL_SECONDS
    batch: Batch | None = None


class Kernel:
    """
    Collects what one plugin registers, and lends it its own secrets and its own way out while a call runs.

    It knows one manifest and holds no value: outside a call there is nothing here to be read.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._closed = False
        self.functions: dict[str, PluginFunction] = {}
        self.sources: dict[str, PluginSource] = {}
        self.agents: list[Mapping[str, Any]] = []
        self.models: list[Mapping[str, Any]] = []
        self.http: Http = _HttpOfTheCall(manifest.slug)
        self.days: Days = _DaysOfTheCall(manifest.slug)

    @overload
    def formula(self, name: _F) -> _F: ...
    @overload
    def formula(self, name: str | None = None, *, ttl: float = GOOD_FOR) -> Callable[[_F], _F]: ...
    def formula(self, name: _F | str | None = None, *, ttl: float = GOOD_FOR) -> _F | Callable[[_F], _F]:
        """
        Register the decorated function under a name; without one, under its own name in upper case.

        The answer of a live function is good for `ttl` seconds; then upstream is asked again.
        """
        if callable(name):
            return self.formula()(name)

        def register(function: _F) -> _F:
            self._add(str(name or getattr(function, "__name__", "")).upper(), function, ttl)
            return function

        return register

    def source(
        self, name: str, *, ttl: float = GOOD_FOR, seconds: float = CALL_SECONDS
    ) -> Callable[[Callable[_P, Coroutine[Any, Any, _T]]], Callable[_P, Coroutine[Any, Any, _T]]]:
        """
        Let functions share what the decorated one fetches: its answer is kept by its arguments, for `ttl` seconds.

        It takes and returns JSON, by position. Functions call what this gives back; equal calls of one connection are
        made once, also by several server processes. Its UpstreamError is that of every function that asked.
        """

        def register(function: Callable[_P, Coroutine[Any, Any, _T]]) -> Callable[_P, Coroutine[Any, Any, _T]]:
            self._add_source(PluginSource(name, self._manifest.slug, function, ttl, seconds))

            @wraps(function)
            async def ask(*arguments: _P.args, **by_name: _P.kwargs) -> _T:
                if by_name:
                    raise TypeError("A source takes its arguments by position.")
                return await current_scope(self._manifest.slug).ask_source(name, arguments)

            return ask

        return register

    def batch(self, source: str, *, least: int = 2, most: int = 25) -> Callable[[AskTogether], AskTogether]:
        """
        Let the decorated function answer for several calls of a source at once.

        It gets the arguments of each, and gives as many results in their order: what the source would answer, a
        CellError, or None to ask for that one alone. If it raises, all of them are asked for alone.
        """

        def register(function: AskTogether) -> AskTogether:
            self._add_batch(source, Batch(f"{source}[]", function, least, most))
            return function

        return register

    def progress(self, done: int, of: int | None = None) -> None:
        """Tell people who wait how many records a long call has read, and of how many if that is known."""
        current_scope(self._manifest.slug).progress(done, of)

    def earlier(self) -> Any:
        """
        What the running source answered to these arguments the last time, however long ago; None if nothing is kept.

        It lets a source ask upstream whether anything has changed (RFC 9110, section 13) and answer the same again.
        """
        return current_scope(self._manifest.slug).earlier

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

    def _add(self, name: str, function: Callable[..., object], ttl: float) -> None:
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
        self.functions[name] = PluginFunction(name, self._manifest.slug, live, asynchronous, function, ttl)
        self._check_sources()

    def _add_source(self, source: PluginSource) -> None:
        self._check_open()
        if not _SOURCE.fullmatch(source.name) or source.name in self.sources:
            raise BadPlugin("A source's name is its own, in lower case: a letter, then letters, digits and `_`.")
        if not inspect.iscoroutinefunction(source.function):
            raise BadPlugin(f"The source {source.name} is not an `async def`.")
        self.sources[source.name] = source
        self._check_sources()

    def _add_batch(self, name: str, batch: Batch) -> None:
        self._check_open()
        source = self.sources.get(name)
        if source is None or source.batch or batch.name in self.sources:
            raise BadPlugin("A batch is for a source that is registered before it, and each source has one at most.")
        if not 1 <= batch.least <= batch.most or not inspect.iscoroutinefunction(batch.function):
            raise BadPlugin(f"The batch of {name} is an `async def` for at least one call, and `least` up to `most`.")
        self.sources[name] = replace(source, batch=batch)
        # Run like a source, though nobody can ask for it by this name.
        self.sources[batch.name] = PluginSource(batch.name, source.plugin, batch.run, 0.0, source.seconds)

    def _check_sources(self) -> None:
        # Synchronous functions get globals of their own for every owner; sources would share theirs between owners.
        if self.sources and any(one.live and not one.asynchronous for one in self.functions.values()):
            raise BadPlugin("A plugin with sources has live functions of the kind `async def` only.")

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

    async def post_json(self, path: str, json: Any, *, cost: float = 1, safe: bool = False) -> Any:
        return await current_scope(self._slug).http.post_json(path, json, cost=cost, safe=safe)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        cost: float = 1,
        safe: bool = False,
    ) -> Response:
        return await current_scope(self._slug).http.request(
            method, path, params=params, json=json, headers=headers, cost=cost, safe=safe
        )

    async def decoded(self, response: Response) -> Any:
        return await current_scope(self._slug).http.decoded(response)

    def lines(self, address: str) -> AsyncIterator[str]:
        return current_scope(self._slug).http.lines(address)

    def learn(self, *, available: float, per_second: float, capacity: float) -> None:
        current_scope(self._slug).http.learn(available=available, per_second=per_second, capacity=capacity)


class _DaysOfTheCall:
    """As `_HttpOfTheCall`, for the days that a connection keeps."""

    def __init__(self, slug: str) -> None:
        self._slug = slug

    async def read(self, series: str, zone: str, first: date, last: date) -> Mapping[date, Day]:
        return await current_scope(self._slug).days.read(series, zone, first, last)

    async def put(self, series: str, zone: str, days: Mapping[date, Day]) -> None:
        await current_scope(self._slug).days.put(series, zone, days)

    async def confirm(self, series: str, zone: str, first: date, last: date, as_of: float) -> None:
        await current_scope(self._slug).days.confirm(series, zone, first, last, as_of)
