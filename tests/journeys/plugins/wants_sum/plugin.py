"""Would like to replace a built-in function."""

from gridos.plugins import Kernel


def register(kernel: Kernel) -> None:
    """Register `WANTS` and `SUM`."""
    kernel.formula("WANTS")(lambda: 1)
    kernel.formula("SUM")(lambda: 666)
