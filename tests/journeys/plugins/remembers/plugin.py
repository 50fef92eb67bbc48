"""As many plugins are: synchronous, and with its answer kept in a global."""

from gridos.plugins import Kernel

_remembered: list[str] = []


def register(kernel: Kernel) -> None:
    """Register `REMEMBERED`."""

    @kernel.formula
    def remembered() -> str:
        if not _remembered:
            _remembered.append(kernel.get_secret("remembers", "NUMBER"))
        return _remembered[0]

    assert remembered
