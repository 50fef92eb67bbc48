"""Which paths a plugin may ask for, and what becomes of them."""

from typing import Any

import pytest
from yarl import URL

from gridos.fetching.addressing import absolute, is_absolute, join
from gridos.fetching.egress import EgressRefused

BASE = URL("https://api.test/base")


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("/v1/charges", None, "https://api.test/base/v1/charges"),
        ("v1/charges", None, "https://api.test/base/v1/charges"),
        ("/", None, "https://api.test/base/"),
        ("/v1?limit=1", {"after": "x y"}, "https://api.test/base/v1?limit=1&after=x%20y"),
        (
            "/v1",
            {"created[gte]": 5, "on": True, "off": False, "no": None},
            "https://api.test/base/v1?created%5Bgte%5D=5&on=true&off=false",
        ),
        (
            "/v1",
            {"expand[]": ["a", "b"], "n": 30.0, "m": 1.5},
            "https://api.test/base/v1?expand%5B%5D=a&expand%5B%5D=b&n=30&m=1.5",
        ),
        ("/a b/é", None, "https://api.test/base/a%20b/%C3%A9"),
        ("/a%20b", None, "https://api.test/base/a%20b"),
        ("/v1", {"q": "30&x=y#z/../?"}, "https://api.test/base/v1?q=30%26x%3Dy%23z%2F..%2F%3F"),
        ("/30&x=y", None, "https://api.test/base/30&x=y"),
        ("/evil.com", None, "https://api.test/base/evil.com"),
        ("/@evil.com", None, "https://api.test/base/@evil.com"),
        (":443@evil.com/", None, "https://api.test/base/:443@evil.com/"),
        ("?#", None, "https://api.test/base/?%23"),
        ("/1e+308", None, "https://api.test/base/1e+308"),
        ("/v1?next=%2Fa%2Fb", None, "https://api.test/base/v1?next=%2Fa%2Fb"),
    ],
)
def test_paths_stay_below_the_base(path: str, params: dict[str, Any] | None, expected: str) -> None:
    """A path and its parameters are quoted, and the origin and the base path hold."""
    assert str(join(BASE, path, params)) == expected
    assert join(BASE, path, params).origin() == BASE.origin()


@pytest.mark.parametrize(
    "path",
    [
        "//evil.com",
        "/../x",
        "../x",
        "../../user",
        "/a/../b",
        "/a/./b",
        "/..",
        "/.",
        "..",
        "a//b",
        "/a%2fb",
        "/a%2Fb",
        "/%2e%2e/x",
        "/%2E/x",
        "/a%5cb",
        "/a\\b",
        "\\\\evil.com",
        "/a#b",
        "#",
        "/a%00",
        "/a%0d%0aHost:x",
        "/a%7f",
        "/a%",
        "/a%zz",
        "/a%2",
        "https://evil.com",
        "//api.test/base/x",
        "///x",
        "/x?a=%0",
        "/a\r\nHost: evil",
        "/a\tb",
        "/a\x00",
        "/a?b=\n",
        "/a\x7f",
    ],
)
def test_paths_that_could_lead_elsewhere(path: str) -> None:
    """Absolute, climbing, disguised and broken paths are refused."""
    with pytest.raises(EgressRefused):
        join(BASE, path, None)


@pytest.mark.parametrize("value", [{"a": 1}, [[1]], object(), b"x"])
def test_parameters_that_are_no_parameters(value: object) -> None:
    """What has no text of its own is the plugin's mistake."""
    with pytest.raises(TypeError):
        join(BASE, "/v1", {"q": value})


def test_whole_addresses() -> None:
    """A whole address is told from a path, and keeps its escapes, since it may be signed."""
    assert is_absolute("https://storage.test/a%2Fb?sig=%2b")
    assert not is_absolute("//storage.test/a")
    assert not is_absolute("/a?next=https://x.test")
    assert str(absolute("https://storage.test/a%2Fb?sig=%2b", None)) == "https://storage.test/a%2Fb?sig=%2b"


@pytest.mark.parametrize(
    "text", ["https://storage.test/a b", "https://storage.test/\n", "https://stör.test/", "https://x\\y/"]
)
def test_whole_addresses_that_are_not_plain(text: str) -> None:
    """What different readers could read differently is refused."""
    with pytest.raises(EgressRefused):
        absolute(text, None)
