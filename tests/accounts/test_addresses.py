"""E-mail addresses."""

import pytest

from gridos.accounts.addresses import accept_email
from gridos.errors import BadEmail


@pytest.mark.parametrize("email", ["ada@example.com", "Ada+x@mail.example.co.uk", "o'brien_1@x-y.org", "a@1.de"])
def test_an_address_is_kept_as_typed(email: str) -> None:
    """Only the ends are trimmed."""
    assert accept_email(f" {email}\n") == email


@pytest.mark.parametrize(
    "email",
    [
        "",
        "adalovelace",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@@example.com",
        "ada@example..com",
        "ada@-example.com",
        "ada@example-.com",
        "a b@example.com",
        "ada@exa\nmple.com",
        "ada@example.com\0",
        "ada@example.com, ben@example.com",
        "Ada <ada@example.com>",
        "ädä@example.com",
        "ada@exämple.com",
        "ada@example.\u212aom",
        "a" * 65 + "@example.com",
        "a@" + "b" * 64 + ".com",
        "a@" + "bcd." * 70 + "com",
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(email: str) -> None:
    """Anything else is BadEmail, whose sentence does not contain it."""
    with pytest.raises(BadEmail) as refused:
        accept_email(email)
    assert not email or email not in str(refused.value)
