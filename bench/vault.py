"""What it costs to open one secret for a call, beside the cipher alone."""

import os
import time
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridos.plugin_secrets.key_ring import new_key_line, ring_from_text
from gridos.secret import Secret

_ROUNDS, _RUNS = 9, 2_000
_MICROSECONDS = 1e6
VALUE = "sk_test_" + "0" * 100


@dataclass(frozen=True)
class Opening:
    """Microseconds of this process's own time: medians over rounds, each of both in turn."""

    cipher: float
    """AES-256-GCM alone, on a value of the same length."""
    opened: float
    """Unwrapping the owner's data key and opening one value with it."""


def measure() -> Opening:
    """Open the same sealed value again and again."""
    ring = ring_from_text(Secret(new_key_line()))
    stored = ring.make_data_key(uuid4())
    sealed = ring.unwrap(stored).seal("stripe", "SECRET_KEY", Secret(VALUE))
    cipher, nonce = AESGCM(os.urandom(32)), os.urandom(12)
    encrypted = cipher.encrypt(nonce, VALUE.encode(), b"")
    rounds = [
        (
            _each(lambda: cipher.decrypt(nonce, encrypted, b"")),
            _each(lambda: ring.unwrap(stored).open("stripe", "SECRET_KEY", sealed)),
        )
        for _ in range(_ROUNDS)
    ]
    return Opening(median(cipher for cipher, _ in rounds), median(opened for _, opened in rounds))


def _each(work: Callable[[], object]) -> float:
    return timeit.timeit(work, timer=time.process_time, number=_RUNS) / _RUNS * _MICROSECONDS
