"""A plugin that fails after its first formula."""

from gridos.plugins import Kernel


def register(kernel: Kernel) -> None:
    """Offer a formula, then fail."""

    @kernel.formula("BROKEN_LEFTOVER")
    def _leftover() -> int:
        return 1

    raise RuntimeError
