"""Pure functions, as hello_world has one."""

from typing import Any

from gridos.plugins import Kernel


def register(kernel: Kernel) -> None:
    """Register `TWICE` and `PLAIN_RAISES`."""

    @kernel.formula
    def twice(value: Any) -> Any:
        return value * 2

    @kernel.formula
    def plain_raises() -> float:
        return 1 / 0

    assert twice
    assert plain_raises
