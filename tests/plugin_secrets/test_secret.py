"""A secret can be used and never shown."""

import copy
import json
import logging
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from gridos.secret import Secret

CANARY = "sk_test_canary"
SECRET = Secret(CANARY)


def test_gives_its_text_when_asked() -> None:
    """`reveal` is the one way to the text."""
    assert SECRET.reveal() == CANARY


SHOWS: list[Callable[[Any], str]] = [str, repr, ascii, "{}".format, "{:>40}".format, "{!r}".format, "%s".__mod__]


@pytest.mark.parametrize("show", SHOWS)
def test_is_never_printed(show: Callable[[Any], str]) -> None:
    """Printing and formatting show that there is a secret and no piece of it."""
    assert show(SECRET) == "<secret>"


USES: list[Callable[[Any], object]] = [
    pickle.dumps,
    json.dumps,
    copy.copy,
    copy.deepcopy,
    len,
    list,
    bytes,
    hash,
    vars,
    "".join,
    [CANARY].index,
    lambda secret: secret == CANARY,
    lambda secret: secret != SECRET,
    lambda secret: secret < SECRET,
    lambda secret: "sk" in secret,
    lambda secret: secret[0],
    lambda secret: secret + "",
    lambda secret: "" + secret,
    lambda secret: secret % (),
    lambda secret: {secret: 1},
]


@pytest.mark.parametrize("use", USES)
def test_is_no_data(use: Callable[[Any], object]) -> None:
    """A secret is not pickled, copied, compared, hashed, measured, searched or joined."""
    with pytest.raises(TypeError) as caught:
        use(SECRET)
    assert "canary" not in str(caught.value)


def test_cannot_be_changed() -> None:
    """What holds a secret cannot be made to hold another."""
    for name in ("_Secret__value", "other"):
        with pytest.raises(TypeError):
            setattr(SECRET, name, "x")


def test_empty_means_false() -> None:
    """Whether there is anything in it may be known."""
    assert SECRET
    assert not Secret("")


class Form(BaseModel):
    """A body with a secret."""

    value: Secret


@pytest.mark.parametrize("given", [None, 12, True, [CANARY], {"canary": 1}, b"canary"])
def test_only_a_text_becomes_one(given: object) -> None:
    """Pydantic wraps a text and nothing else."""
    assert Form.model_validate({"value": CANARY}).value.reveal() == CANARY
    with pytest.raises(ValidationError):
        Form.model_validate({"value": given})


def test_a_form_cannot_be_dumped() -> None:
    """A model that holds a secret neither prints it nor turns it into JSON."""
    form = Form.model_validate({"value": CANARY})
    assert "canary" not in repr(form)
    with pytest.raises(Exception, match="serialize"):
        form.model_dump_json()


def test_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Logging a secret, or what holds one, logs no piece of it."""

    @dataclass
    class Holder:
        secret: Secret

    with caplog.at_level(logging.DEBUG):
        logging.getLogger("gridos").warning("%s %r %s", SECRET, SECRET, Holder(SECRET))
    assert "canary" not in caplog.text
