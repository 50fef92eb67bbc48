"""A plugin that fails after its first formula."""


def register(kernel):
    @kernel.formula("BROKEN_LEFTOVER")
    def leftover():
        return 1

    raise RuntimeError("on purpose")
