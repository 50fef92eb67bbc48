"""The smallest plugin: one pure function, evaluated inside the recalculation."""

from gridos.plugins import Kernel


def register(kernel: Kernel) -> None:
    """Offer `GREET`."""

    @kernel.formula("GREET")
    def greet(name: str | None = "world") -> str:
        """Greet somebody. A blank cell greets the world."""
        return f"Hello, {name or 'world'}!"
