"""A connector that knows its owner by the length of a secret."""

from tests.web.gate import pass_gate


def register(kernel):
    @kernel.formula("SHOP_LETTERS")
    async def letters():
        name = kernel.get_secret("shop", "NAME")
        return len(name) if name else "#SHOP_AUTH!"

    @kernel.formula("SHOP_GATED")
    async def gated(gate):
        return await pass_gate(gate)
