"""Shopify: so far only its manifest, so that a connection can be stored before the functions exist."""

from gridos.plugins import Kernel


def register(kernel: Kernel) -> None:
    """Declare nothing: a function is offered only once its numbers are right, and none is written yet."""
