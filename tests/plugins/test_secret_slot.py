"""What one secret's field accepts."""

from typing import Any

import pytest

from gridos.errors import BadSecret
from gridos.plugins import SecretSlot

SHOP = SecretSlot(
    key="STORE_DOMAIN", sensitive=False, normalize="hostname", pattern=r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com"
)
PLAIN = SecretSlot(key="TOKEN")


def test_ends_are_trimmed() -> None:
    """A value pasted with blanks and a line break at its ends is the value without them."""
    assert PLAIN.accept("  shpat_...\n") == "shpat_..."


def test_inner_blanks_and_other_alphabets_stay() -> None:
    """A value is kept as it was typed."""
    assert PLAIN.accept("pass wörd 🔑") == "pass wörd 🔑"


@pytest.mark.parametrize("text", ["", " ", "\t \n", "\u00a0"])
def test_a_blank_value_is_refused(text: str) -> None:
    """Blanks alone are no value; deleting is somebody else's word."""
    with pytest.raises(BadSecret, match=r"^TOKEN is blank"):
        PLAIN.accept(text)


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "a\rb", "a\nb", "a\tb", "a\x7fb", "a\x85b", "a\u2028b", "a\ud800"])
def test_control_characters_are_refused(text: str) -> None:
    """Nothing that could end a header line, and nothing UTF-8 cannot carry, is stored."""
    with pytest.raises(BadSecret, match=r"^TOKEN holds"):
        PLAIN.accept(text)


def test_size_is_counted_in_bytes() -> None:
    """8 KB are accepted, a byte more is not, whatever the alphabet."""
    assert PLAIN.accept("x" * 8192)
    for text in ("x" * 8193, "é" * 4097):
        with pytest.raises(BadSecret, match="8 KB"):
            PLAIN.accept(text)


@pytest.mark.parametrize("text", ["*", "••••••", "**••**"])
def test_a_mask_is_refused(text: str) -> None:
    """What a browser shows in place of a value is never stored as the value."""
    with pytest.raises(BadSecret, match="mask"):
        PLAIN.accept(text)


@pytest.mark.parametrize(
    "text", ["myshop.myshopify.com", "https://myshop.myshopify.com/", " HTTP://MyShop.MyShopify.com// "]
)
def test_a_pasted_address_becomes_its_host(text: str) -> None:
    """The shop's address is understood with scheme, slash and capitals."""
    assert SHOP.accept(text) == "myshop.myshopify.com"


@pytest.mark.parametrize(
    "text",
    [
        "localhost",
        "127.0.0.1",
        "x.myshopify.com.evil.com",
        "evil.com/x.myshopify.com",
        "evil.com#x.myshopify.com",
        "evil.com?x.myshopify.com",
        "a@x.myshopify.com",
        "x.myshopify.com@evil.com",
        "x.myshopify.com:8080",
        "x\u3002myshopify.com",
        "xn--.evil.com",
        "\uff58.myshopify.com",
        "x.y.myshopify.com",
        ".myshopify.com",
        "https://https://x.myshopify.com",
        "x.myshopify.com/admin",
        "xmyshopify.com",
    ],
)
def test_a_foreign_host_is_refused(text: str) -> None:
    """No spelling of another host passes for a shop."""
    with pytest.raises(BadSecret, match=r"^STORE_DOMAIN does not have the expected form"):
        SHOP.accept(text)


def test_a_pattern_means_the_whole_value() -> None:
    """Neither a prefix, a suffix nor a line break after the match is let through."""
    slot = SecretSlot(key="ID", pattern="[0-9]+")
    assert slot.matches("12")
    assert not any(slot.matches(text) for text in ("12x", "x12", "12\n"))


@pytest.mark.parametrize("text", ["canary-value", "canary-value\x00", "canary-value" * 1000])
def test_a_refusal_never_repeats_the_value(text: str) -> None:
    """The sentence names the key, never what was submitted."""
    with pytest.raises(BadSecret) as refusal:
        SHOP.accept(text)
    assert "STORE_DOMAIN" in str(refusal.value)
    assert "canary" not in str(refusal.value)


def test_the_form_gets_what_the_manifest_wrote() -> None:
    """Four members are always there; of the others only those that were written, unknown ones too."""
    written: dict[str, Any] = {"key": "TOKEN", "label": "A token", "rotate_days": 90, "optional": True}
    assert SecretSlot.model_validate(written).shown() == written | {"placeholder": "", "help": ""}
    assert list(PLAIN.shown()) == ["key", "label", "placeholder", "help"]


@pytest.mark.parametrize(
    "pattern",
    [
        r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com",
        r"(?:[a-z0-9]+\.)*[a-z]+\.example\.co",
        r"[a-z]+\-x\.example\.com",
    ],
)
def test_a_pattern_that_ends_in_a_domain_may_steer(pattern: str) -> None:
    """A public value that can only name hosts of one domain may stand in a base address."""
    assert SecretSlot(key="HOST", sensitive=False, pattern=pattern).can_steer


@pytest.mark.parametrize(
    "pattern",
    [
        None,
        r".*",
        r"[a-z]+",
        r"[a-z]+\.com",
        r"[a-z]+.myshopify.com",
        r".*\.myshopify\.com",
        r"[^x]+\.myshopify\.com",
        r"\S+\.myshopify\.com",
        r"evil\.org|x\.myshopify\.com",
        r"(?:evil\.org|x)\.myshopify\.com",
        r"(?:x\.myshopify\.com)?",
        r"x(?:\.myshopify\.com)*",
        r"(?x)evil[.]org#\.myshopify\.com",
        r"[a-z]+\\.myshopify\.com",
        r"[a-z]+\.myshopify\.com.*",
        r"[a-z]+\.myshopify\.com+",
        r"[a-z]+\.myshopify\.com?",
        r"[+-~]+\.myshopify\.com",
        r"(?:[a-z]+/)?x\.myshopify\.com",
        r"[a-z]+\.myshopify\.com$",
        r"[a-z]+{}\.myshopify\.com",
    ],
)
def test_any_other_pattern_may_not_steer(pattern: str | None) -> None:
    """Wildcards, alternatives, flags, comments and open ends could lead a secret to another host."""
    assert not SecretSlot(key="HOST", sensitive=False, pattern=pattern).can_steer


def test_a_sensitive_value_may_not_steer() -> None:
    """A base address is logged and shown, so only a public value stands in it."""
    assert not SecretSlot(key="HOST", pattern=r"[a-z]+\.example\.com").can_steer
