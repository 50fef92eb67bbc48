"""Sealed values open at their own place and nowhere else."""

import copy
import pickle
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridos.errors import SecretUnreadable
from gridos.plugin_secrets.key_ring import KeyRing
from gridos.plugin_secrets.sealing import bind, sealed_with
from gridos.secret import Secret

RING = KeyRing([bytes(range(32))])
OWNER, OTHER = uuid4(), uuid4()
DATA_KEY = RING.unwrap(RING.make_data_key(OWNER))
VALUES = st.text(st.characters(codec="utf-8"), min_size=1)


@given(VALUES, st.sampled_from(["stripe", "shopify"]), st.sampled_from(["API_KEY", "ADMIN_TOKEN"]))
def test_opens_what_it_sealed(value: str, plugin: str, key: str) -> None:
    """Any text comes back as it was from the place it was sealed for."""
    assert DATA_KEY.open(plugin, key, DATA_KEY.seal(plugin, key, Secret(value))).reveal() == value


@given(VALUES)
def test_sealed_bytes_hide_the_value_and_its_repetition(value: str) -> None:
    """Sealing the same value twice gives two different texts of the format the database's column demands."""
    first, second = (DATA_KEY.seal("stripe", "API_KEY", Secret(value)) for _ in range(2))
    assert first != second
    assert first[:3] == b"GV\x01"
    assert len(first) == 48 + len(value.encode())


@pytest.mark.parametrize(("plugin", "key"), [("shopify", "API_KEY"), ("stripe", "B"), ("stripeAPI", "_KEY"), ("", "")])
def test_a_moved_value_does_not_open(plugin: str, key: str) -> None:
    """A value that was moved to another plugin or key is unreadable."""
    sealed = DATA_KEY.seal("stripe", "API_KEY", Secret("sk_test"))
    with pytest.raises(SecretUnreadable):
        DATA_KEY.open(plugin, key, sealed)


def test_another_users_value_does_not_open() -> None:
    """A value that was copied to another user is unreadable, even under the very same data key."""
    sealed = DATA_KEY.seal("stripe", "API_KEY", Secret("sk_test"))
    stolen = replace(DATA_KEY, owner=OTHER)
    with pytest.raises(SecretUnreadable):
        stolen.open("stripe", "API_KEY", sealed)


def test_every_flipped_bit_is_noticed() -> None:
    """Not one bit of a sealed value can change without the value becoming unreadable."""
    sealed = DATA_KEY.seal("stripe", "API_KEY", Secret("sk_test"))
    for place in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(SecretUnreadable):
            DATA_KEY.open("stripe", "API_KEY", bytes(flipped))


def test_every_cut_is_noticed() -> None:
    """A shortened or lengthened sealed value is unreadable, never a shorter or longer value."""
    sealed = DATA_KEY.seal("stripe", "API_KEY", Secret("sk_test"))
    for damaged in [*(sealed[:length] for length in range(len(sealed))), sealed + b"\0"]:
        with pytest.raises(SecretUnreadable):
            DATA_KEY.open("stripe", "API_KEY", damaged)


@pytest.mark.parametrize("text", [b"", b"sk_test_plain", b"GV\x01" + b"\0" * 44, b"GV\x02" + b"\0" * 60])
def test_what_is_not_ours_is_not_read(text: bytes) -> None:
    """Plain text, a stub and an unknown format version are all unreadable before any key is tried."""
    with pytest.raises(SecretUnreadable):
        sealed_with(text)


@given(st.lists(st.binary()), st.lists(st.binary()))
def test_different_places_never_look_alike(one: list[bytes], other: list[bytes]) -> None:
    """Bound parts are equal only when every part is."""
    assert (bind(*one) == bind(*other)) == (one == other)


@pytest.mark.parametrize("thing", [DATA_KEY, RING])
def test_keys_are_no_data(thing: object) -> None:
    """Neither a data key nor a ring can be pickled, and a deep copy is refused as well."""
    for take in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            take(thing)


def test_keys_are_not_printed() -> None:
    """A data key prints its id and owner, a ring nothing of its keys."""
    assert repr(DATA_KEY) == f"DataKey(id={DATA_KEY.id!r}, owner={OWNER!r})"
    assert repr(RING).startswith("<gridos.plugin_secrets.key_ring.KeyRing object at ")


def test_an_error_says_nothing_of_the_value() -> None:
    """The error about an unreadable value carries no value and no cause that could."""
    sealed = bytearray(DATA_KEY.seal("stripe", "API_KEY", Secret("sk_canary")))
    sealed[-1] ^= 1
    with pytest.raises(SecretUnreadable) as caught:
        DATA_KEY.open("stripe", "API_KEY", bytes(sealed))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
