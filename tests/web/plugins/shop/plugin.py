"""A connector that knows its owner by the length of a secret."""

from gridos.plugins import Kernel
from tests.web.gate import pass_gate


def register(kernel: Kernel) -> None:
    """Offer two formulas."""

    @kernel.formula("SHOP_LETTERS")
    async def _letters() -> int | str:
        name = kernel.get_secret("shop", "NAME")
        return len(name) if name else "#SHOP_AUTH!"

    @kernel.formula("SHOP_GATED")
    async def _gated(gate: str) -> int:
        return await pass_gate(gate)
