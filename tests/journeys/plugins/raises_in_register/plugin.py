"""Fails after its first formula, which must not stay behind."""

from gridos.plugins import Kernel


def register(kernel: Kernel) -> None:
    """Register `LEFT_BEHIND`, and fail."""
    kernel.formula("LEFT_BEHIND")(lambda: 1)
    raise RuntimeError
