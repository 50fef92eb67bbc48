"""What one running call may touch, and until when."""

from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gridos.errors import OutsideCall
from gridos.plugins.days import Days
from gridos.plugins.http import Http
from gridos.plugins.manifest import Manifest
from gridos.secret import Secret


class _Binding:
    """Ties a scope to a context until the call returns. Threads and tasks that kept the context find it empty."""

    def __init__(self, scope: "CallScope | None") -> None:
        self.scope = scope


AskSource: TypeAlias = Callable[[str, tuple[Any, ...]], Coroutine[Any, Any, Any]]
"""Gives what a source of the plugin (by name, with arguments) answers on this call's connection."""

_binding: ContextVar[_Binding | None] = ContextVar("gridos_call", default=None)


@dataclass(frozen=True, slots=True)
class CallScope:
    """
    What one running call may touch: its own plugin's opened secrets, its own way out, and what its connection keeps.

    `environment` holds the operator's variables that a plugin's `env_fallback` may name; it is empty in `saas`.
    """

    manifest: Manifest
    secrets: Mapping[str, Secret]
    environment: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    http: Http = field(kw_only=True)
    days: Days = field(kw_only=True)
    ask_source: AskSource = field(kw_only=True)
    progress: Callable[[int, int | None], object] = field(kw_only=True)
    earlier: Any = field(kw_only=True, default=None)

    @contextmanager
    def entered(self) -> Generator[None]:
        """Bind this scope to the current context for the length of one call."""
        with _bound(_Binding(self)):
            yield


@contextmanager
def no_call() -> Generator[None]:
    """Hide any running call, so that a plugin executed in its midst cannot reach it while it loads."""
    with _bound(_Binding(None)):
        yield


def current_scope(slug: str) -> CallScope:
    """The scope of the call that runs right here, if it is one of this plugin's; OutsideCall otherwise."""
    binding = _binding.get()
    scope = binding and binding.scope
    if scope is None or scope.manifest.slug != slug:
        raise OutsideCall
    return scope


@contextmanager
def _bound(binding: _Binding) -> Generator[None]:
    token = _binding.set(binding)
    try:
        yield
    finally:
        binding.scope = None
        _binding.reset(token)
