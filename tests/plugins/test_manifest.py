"""What a manifest may say, and the sentences for what it may not."""

import json
from pathlib import Path
from typing import Any

import pytest

from gridos.errors import BadManifest
from gridos.plugins import Anonymous, BasicAuth, HeaderAuth, Manifest, MintedAuth, QueryAuth, fill
from gridos.plugins.manifest import parse_manifest, read_manifest

HOST = {"key": "HOST", "sensitive": False, "pattern": r"[a-z0-9-]+\.example\.com"}
TOKEN = {"key": "TOKEN"}


def parse(**members: Any) -> Manifest:
    """A manifest of notion with these members."""
    return parse_manifest("notion", json.dumps(members).encode())


def connection(base_url: str = "https://api.example.com", **members: Any) -> dict[str, Any]:
    """A connection that is accepted, but for these members."""
    return {"base_url": base_url, "auth": [{"header": "Authorization", "value": "Bearer {TOKEN}"}], **members}


def refusal(**members: Any) -> str:
    """The sentence that these members are refused with."""
    with pytest.raises(BadManifest) as refused:
        parse(**members)
    return str(refused.value)


def test_an_empty_manifest_is_enough() -> None:
    """Everything has a default; the slug is the folder's name."""
    manifest = parse()
    assert (manifest.slug, manifest.title, manifest.secrets, manifest.connection) == ("notion", "notion", (), None)
    assert not manifest.is_live


def test_the_folder_names_the_plugin() -> None:
    """A `slug` inside the file changes nothing."""
    assert parse(slug="stripe", name="Notion").slug == "notion"


def test_unknown_members_are_kept_and_shown() -> None:
    """A manifest may say more than GridOS understands, on every level."""
    manifest = parse(homepage="https://notion.so", secrets=[TOKEN | {"rotate": 90}], functions=[{"name": "A", "x": 1}])
    assert manifest.shown()["homepage"] == "https://notion.so"
    assert manifest.declared()[0]["rotate"] == 90
    assert manifest.functions[0].shown()["x"] == 1


def test_plain_mistakes_are_understood() -> None:
    """A version written as a number, a byte order mark and arguments written as text do no harm."""
    content = '\ufeff{"version": 1.2, "functions": [{"name": "A", "arguments": "days, repo"}]}'.encode()
    manifest = parse_manifest("notion", content)
    assert manifest.version == "1.2"
    assert [argument.name for argument in manifest.functions[0].arguments] == ["days", "repo"]


def test_slots_are_found_by_key() -> None:
    """A declared key gives its slot, any other nothing."""
    manifest = parse(secrets=[TOKEN])
    assert manifest.slot("TOKEN") is manifest.secrets[0]
    assert manifest.slot("token") is None


def test_only_its_own_variables_belong_to_a_plugin() -> None:
    """`<SLUG>_<KEY>` and the declared keys, and nothing else of the environment."""
    assert parse(secrets=[TOKEN]).variables == {"TOKEN", "NOTION_TOKEN"}
    assert parse().variables == set()


@pytest.mark.parametrize(
    ("members", "is_set", "is_configured"),
    [
        ({}, set[str](), True),
        ({"secrets": [TOKEN, {"key": "ID", "optional": True}]}, {"TOKEN"}, True),
        ({"secrets": [TOKEN, {"key": "ID", "optional": True}]}, {"ID"}, False),
        ({"secrets": [TOKEN, {"key": "ID"}], "connection": connection()}, {"TOKEN"}, True),
        ({"secrets": [TOKEN, {"key": "ID"}], "connection": connection()}, {"ID"}, False),
        ({"secrets": [TOKEN], "connection": connection(auth=[{}])}, set[str](), False),
        ({"secrets": [TOKEN], "connection": connection(auth=[{}])}, {"TOKEN"}, True),
    ],
)
def test_when_a_plugin_is_configured(members: dict[str, Any], is_set: set[str], *, is_configured: bool) -> None:
    """Something of one's own is set, and it makes a whole way, or without a connection all that is not optional."""
    assert parse(**members).is_configured(is_set) is is_configured


def test_errors_carry_the_plugins_name() -> None:
    """`AUTH` of notion is `#NOTION_AUTH!`."""
    error = parse().error("AUTH", "Not connected", retry_at=5.0)
    assert (error.code, error.plugin, error.retry_at) == ("#NOTION_AUTH!", "notion", 5.0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"name": "\xe9"}',
        b'{"x": NaN}',
        b'{"x": 1e999}',
        b'{"x": "\\ud800"}',
        b"[" * 100_000,
        b'{"x": ' + b"1" * 5000 + b"}",
    ],
)
def test_what_is_not_json_is_refused(content: bytes) -> None:
    """Broken JSON, other encodings, and what JSON cannot carry to a browser."""
    with pytest.raises(BadManifest, match=r"^notion/manifest\.json is not JSON"):
        parse_manifest("notion", content)


def test_deep_nesting_is_refused() -> None:
    """What could not be sent to a browser again is not kept; ordinary nesting is."""
    nested: list[Any] = []
    for _ in range(30):
        nested = [nested]
    assert parse(deep=nested).shown()["deep"] == nested
    assert "32 levels" in refusal(deep=[[[nested, 1]]])


def test_broken_json_names_the_place() -> None:
    """The author is sent to the line."""
    with pytest.raises(BadManifest, match="line 2, column 3"):
        parse_manifest("notion", b'{"name": "x",\n  oops}')


@pytest.mark.parametrize("content", [b"[]", b'"x"', b"null", b"3"])
def test_a_manifest_is_an_object(content: bytes) -> None:
    """Other JSON is refused with a sentence of its own."""
    with pytest.raises(BadManifest, match="one object"):
        parse_manifest("notion", content)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    """A missing, an endless and an enormous manifest each get a sentence without a path of this machine."""
    for slug in ("missing", "loop", "large", "folder"):
        (tmp_path / slug).mkdir()
    (tmp_path / "loop" / "manifest.json").symlink_to("manifest.json")
    (tmp_path / "large" / "manifest.json").write_bytes(b" " * 300_000 + b"{}")
    (tmp_path / "folder" / "manifest.json").mkdir()
    for slug, sentence in {
        "missing": "is missing",
        "loop": "cannot be read",
        "large": "is larger than 256 KB",
        "folder": "cannot be read",
    }.items():
        with pytest.raises(BadManifest, match=rf"^{slug}/manifest\.json {sentence}") as refused:
            read_manifest(tmp_path / slug)
        assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"name": []}, "notion/manifest.json: `name` must be a text in quotes."),
        ({"secrets": {}}, "notion/manifest.json: `secrets` must be a list in square brackets."),
        ({"secrets": ["TOKEN"]}, "notion/manifest.json: `secrets[0]` must be an object in braces."),
        ({"secrets": [{"label": "x"}]}, "notion/manifest.json: `secrets[0].key` is missing. Add it."),
        ({"secrets": [TOKEN | {"optional": "maybe"}]}, "`secrets[0].optional` must be true or false."),
        ({"secrets": [TOKEN | {"pattern": "("}]}, "`secrets[0].pattern` is not a regular expression"),
        ({"secrets": [TOKEN | {"obtain_url": "javascript:alert(1)"}]}, "`secrets[0].obtain_url` is not an https://"),
        ({"secrets": [{"key": "A-B"}]}, "`secrets[0].key` "),
        ({"secrets": [{"key": "token"}, TOKEN]}, "declares a key twice"),
        ({"connection": connection()}, "`connection` names TOKEN, which `secrets` does not declare"),
        ({"connection": {}}, "`connection.base_url` is missing. Add it."),
        ({"verify": {"path": "//evil.com"}}, "`verify.path` "),
        ({"verify": {"path": "https://evil.com"}}, "`verify.path` "),
    ],
)
def test_a_refusal_names_the_member(members: dict[str, Any], sentence: str) -> None:
    """The file, the member and what to do."""
    assert sentence in refusal(**members)


def test_ways_to_authenticate() -> None:
    """The five ways of the contract are told apart by their members."""
    ways = [
        {"header": "X-Token", "value": "{TOKEN}"},
        {"basic": ["{TOKEN}", ""]},
        {"query": "key", "value": "{TOKEN}"},
        {"header": "X-Token", "mint": "/token", "client_id": "{ID}", "client_secret": "{TOKEN}"},
        {},
    ]
    manifest = parse(secrets=[TOKEN, {"key": "ID"}], connection=connection(auth=ways))
    assert manifest.connection
    kinds = [type(way) for way in manifest.connection.auth]
    assert kinds == [HeaderAuth, BasicAuth, QueryAuth, MintedAuth, Anonymous]
    assert [way.keys for way in manifest.connection.auth] == [{"TOKEN"}, {"TOKEN"}, {"TOKEN"}, {"ID", "TOKEN"}, set()]


def test_the_first_complete_way_is_used() -> None:
    """Half a way is no way; an empty way at the end needs nothing."""
    ways = [{"basic": ["{ID}", "{TOKEN}"]}, {"header": "X-Token", "value": "{TOKEN}"}]
    secrets = [TOKEN, {"key": "ID"}]
    spec = parse(secrets=secrets, connection=connection(auth=ways)).connection
    open_spec = parse(secrets=secrets, connection=connection(auth=[*ways, {}])).connection
    assert spec
    assert open_spec
    assert spec.find_way({"ID", "TOKEN"}) is spec.auth[0]
    assert spec.find_way({"TOKEN"}) is spec.auth[1]
    assert spec.find_way({"ID"}) is None
    assert open_spec.find_way(frozenset[str]()) == Anonymous()


def test_without_its_host_no_way_is_complete() -> None:
    """A connection whose base address lacks its value is incomplete, even if it could be anonymous."""
    spec = parse(secrets=[HOST], connection={"base_url": "https://{HOST}", "auth": [{}]}).connection
    assert spec
    assert spec.find_way(frozenset[str]()) is None
    assert spec.find_way({"HOST"}) == Anonymous()


@pytest.mark.parametrize(
    "way",
    [
        {"heder": "X-Token", "value": "{TOKEN}"},
        {"header": "X-Token"},
        {"header": "X-Token", "value": "no key"},
        {"header": "Host", "value": "{TOKEN}"},
        {"header": "Cookie", "value": "{TOKEN}"},
        {"header": "Forwarded", "value": "{TOKEN}"},
        {"header": "X-Forwarded-For", "value": "{TOKEN}"},
        {"header": "content-length", "value": "{TOKEN}"},
        {"header": "X Token", "value": "{TOKEN}"},
        {"header": "X-Token\r\nHost", "value": "{TOKEN}"},
        {"header": "X-Token", "value": "{TOKEN}\r\nHost: evil.com"},
        {"basic": ["{TOKEN}"]},
        {"basic": "{TOKEN}"},
        {"query": "a&b", "value": "{TOKEN}"},
        {"header": "X-Token", "mint": "https://evil.com/token", "client_id": "{TOKEN}", "client_secret": "{TOKEN}"},
        {"header": "X-Token", "mint": "//evil.com", "client_id": "{TOKEN}", "client_secret": "{TOKEN}"},
        {"header": "X-Token", "mint": "/token", "client_id": "{TOKEN}"},
        "{TOKEN}",
        None,
    ],
)
def test_a_misspelt_way_is_refused(way: object) -> None:
    """Above all, a mistake never becomes an anonymous connection."""
    assert "`connection.auth[0]" in refusal(secrets=[TOKEN], connection=connection(auth=[way]))


def test_a_connection_says_how_it_authenticates() -> None:
    """An empty list of ways could never be used, so it is refused rather than silently never connected."""
    assert "`connection.auth`" in refusal(connection={"base_url": "https://a.example.com", "auth": []})


@pytest.mark.parametrize(
    "base_url",
    [
        "http://api.example.com",
        "https://",
        "api.example.com",
        "https://localhost",
        "https://127.0.0.1",
        "https://[::1]",
        "https://API.example.com",
        "https://api.example.com.",
        "https://user@api.example.com",
        "https://api.example.com\\@evil.com",
        "https://api.example.com?x=1",
        "https://api.example.com#x",
        "https://api.example.com/../x",
        "https://api.example.com/%2e%2e",
        "https://api.example.com/\nx",
        "https://api.example.com\n",
        "https://{HOST}.evil.com",
        "https://evil.com-{HOST}",
        "https://{HOST}@evil.com",
        "https://api.example.com/{HOST}",
        "https://{HOST}{HOST}",
    ],
)
def test_a_base_address_leads_to_one_host(base_url: str) -> None:
    """Only https, one host name in lower case or one key in its place, and a plain path."""
    assert "`connection.base_url`" in refusal(secrets=[TOKEN, HOST], connection=connection(base_url))


@pytest.mark.parametrize(
    "slot",
    [
        {"key": "HOST"},
        {"key": "HOST", "sensitive": False},
        {"key": "HOST", "pattern": r"[a-z]+\.example\.com"},
        {"key": "HOST", "sensitive": False, "pattern": r".*"},
        {"key": "HOST", "sensitive": False, "pattern": r"evil\.org|[a-z]+\.example\.com"},
    ],
)
def test_a_key_in_the_base_address_is_bound_to_one_domain(slot: dict[str, Any]) -> None:
    """Otherwise whoever stores the value could send the secret anywhere."""
    assert "ends in a literal domain" in refusal(secrets=[TOKEN, slot], connection=connection("https://{HOST}/api"))


def test_a_bound_key_may_stand_in_the_base_address() -> None:
    """`sensitive: false` with a pattern that ends in a literal domain."""
    spec = parse(secrets=[TOKEN, HOST], connection=connection("https://{HOST}/api/")).connection
    assert spec
    assert (spec.base_url, spec.base_keys, spec.keys) == ("https://{HOST}/api", {"HOST"}, {"HOST", "TOKEN"})


@pytest.mark.parametrize(
    "members",
    [
        {"methods": ["get"]},
        {"methods": ["CONNECT"]},
        {"methods": ["GET graphql"]},
        {"methods": ["GET /a?b=1"]},
        {"hosts": ["https://a.example.com"]},
        {"hosts": ["*.example.com"]},
        {"hosts": ["169.254.169.254"]},
        {"hosts": ["localhost"]},
        {"headers": {"Host": "x"}},
        {"headers": {"X": "a\nb"}},
        {"at_once": 0},
        {"at_once": 101},
        {"at_once": "many"},
    ],
)
def test_other_members_of_a_connection_are_checked(members: dict[str, Any]) -> None:
    """Methods, extra hosts, fixed headers and the number of requests at once."""
    (member,) = members
    assert f"`connection.{member}" in refusal(secrets=[TOKEN], connection=connection(**members))


def test_methods_may_be_bound_to_a_path() -> None:
    """`POST /graphql` allows that one path; a bare method allows any; the default is GET."""
    spec = parse(secrets=[TOKEN], connection=connection(methods=["GET", "POST /graphql"])).connection
    default = parse(secrets=[TOKEN], connection=connection()).connection
    assert spec
    assert default
    assert spec.allows("GET", "/any")
    assert spec.allows("POST", "/graphql")
    assert not spec.allows("POST", "/graphql/x")
    assert not spec.allows("DELETE", "/any")
    assert default.methods == ("GET",)
    assert default.at_once == 8


def test_a_value_is_never_read_as_a_template() -> None:
    """Filling is one pass, so a value holding braces cannot pull in another secret."""
    assert fill("{A}:{B}", {"A": "{B}", "B": "x"}) == "{B}:x"
