"""Bearer tokens: which are believed, and which never."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from gridos.accounts import PublishedKeys, Subject, Tokens
from gridos.errors import SignInRequired, Unavailable
from tests.accounts.given import ADA, AUDIENCE, ISSUER, SECRET, Clock, shared_secret_tokens, token

RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1"})
STRANGER = ECKey.generate_key("P-256", {"kid": "stranger"})
NEW = RSAKey.generate_key(2048, {"kid": "rsa-2"})


class Issuer:
    """A sign-in service that publishes keys, counts who asks, and may be down."""

    def __init__(self, *keys: RSAKey | ECKey | Mapping[str, Any]) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.is_down = False

    async def fetch(self) -> Any:
        """The published document."""
        self.asked += 1
        if self.is_down:
            raise Unavailable
        return {"keys": [key if isinstance(key, Mapping) else key.as_dict(private=False) for key in self.keys]}


def published_tokens(issuer: Issuer, clock: Clock | None = None) -> Tokens:
    """Tokens of this issuer."""
    keys = PublishedKeys(issuer.fetch, (clock or Clock()).seconds)
    return Tokens(keys, audience=AUDIENCE, issuer=ISSUER)


def signed(key: RSAKey | ECKey, changes: Mapping[str, Any] | None = None, **header: Any) -> str:
    """A token of the issuer."""
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    header = {name: value for name, value in {"kid": key.kid, **header}.items() if value is not None}
    return token({"iss": ISSUER, **(changes or {})}, key=key, algorithm=algorithm, header=header)


def encoded(text: str) -> str:
    """A part of a token."""
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parts(text: str) -> list[str]:
    """Header, claims and signature."""
    return text.split(".")


def signed_as(header: Mapping[str, Any], body: str) -> str:
    """These claims under this header, rightly signed with the shared secret."""
    text = f"{encoded(json.dumps(header))}.{body}"
    return f"{text}.{urlsafe_b64encode(hmac.digest(SECRET.encode(), text.encode(), 'sha256')).decode().rstrip('=')}"


async def refused(tokens: Tokens, text: str) -> str:
    """The sentence a token is refused with."""
    with pytest.raises(SignInRequired) as error:
        await tokens.read(text)
    return str(error.value)


async def test_a_shared_secrets_token_is_believed() -> None:
    """HS256 with our secret names the user by id and address."""
    bearer = await shared_secret_tokens().read(token())
    assert (bearer.subject, bearer.email, bearer.is_proven) == (ADA, "ada@example.com", True)


@pytest.mark.parametrize("key", [RSA, EC])
@pytest.mark.parametrize("kid", ["theirs", None])
async def test_a_published_keys_token_is_believed(key: RSAKey | ECKey, kid: str | None) -> None:
    """RS256 and ES256 with a published key, with a key id or, where there is one key alone, without."""
    text = signed(key) if kid else signed(key, kid=None)
    assert (await published_tokens(Issuer(key)).read(text)).subject == ADA


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": int(time.time()) - 1},
        {"exp": "tomorrow"},
        {"exp": True},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"aud": None},
        {"aud": "somebody-else"},
        {"aud": ["somebody-else"]},
        {"aud": []},
        {"aud": {"authenticated": True}},
        {"iss": None},
        {"iss": "https://evil.example.com"},
        {"iss": [ISSUER]},
        {"nbf": int(time.time()) + 600},
    ],
)
async def test_a_claim_that_is_missing_or_wrong_refuses(changes: Mapping[str, Any]) -> None:
    """`exp` and `sub` are required, `aud` and `iss` have to be ours, and nothing of the token is repeated."""
    said = await refused(shared_secret_tokens(ISSUER), token({"iss": ISSUER, **changes}))
    assert "evil" not in said
    assert "somebody" not in said


async def test_an_expired_token_is_said_to_be_expired() -> None:
    """What helps here is a new sign-in, and the sentence says so."""
    assert "expired" in await refused(shared_secret_tokens(), token({"exp": 1}))


async def test_one_audience_among_several_is_enough() -> None:
    """`aud` may be a list, and an issuer's clock a little ahead of ours."""
    await shared_secret_tokens().read(token({"aud": ["other", AUDIENCE], "iat": int(time.time()) + 60}))


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512", "RS256", "hs256"])
async def test_the_header_does_not_choose_the_algorithm(algorithm: str) -> None:
    """Every algorithm but the configured one is refused, `none` first of all."""
    _, body, signature = parts(token())
    header = encoded(json.dumps({"alg": algorithm, "typ": "JWT"}))
    await refused(shared_secret_tokens(), f"{header}.{body}.{signature}")
    await refused(shared_secret_tokens(), f"{header}.{body}.")
    await refused(shared_secret_tokens(), signed_as({"alg": algorithm}, body))


async def test_a_public_key_is_no_shared_secret() -> None:
    """A token signed by HS256 with the issuer's public key as the secret is refused."""
    key = OctKey(RSA.as_pem(private=False), RSA.as_pem(private=False))
    text = token({"iss": ISSUER}, key=key, header={"kid": "rsa-1"})
    await refused(published_tokens(Issuer(RSA)), text)


async def test_a_published_secret_is_not_used() -> None:
    """An `oct` key among the published ones never verifies anything: HS256 does not go with published keys."""
    secret = OctKey.import_key(SECRET, {"kid": "oct-1"})
    issuer = Issuer(RSA, secret.as_dict())
    await refused(published_tokens(issuer), token({"iss": ISSUER}, header={"kid": "oct-1"}))


async def test_an_algorithm_fits_its_key() -> None:
    """The id of an RSA key does not make an ES256 signature valid, nor an id of another key any."""
    issuer = Issuer(RSA, EC)
    await refused(published_tokens(issuer), signed(EC, kid="rsa-1"))
    await refused(published_tokens(issuer), signed(NEW, kid="rsa-1"))
    await refused(published_tokens(issuer), signed(RSA, kid=None))


async def test_only_good_signature_keys_are_used() -> None:
    """Keys for encryption, short ones, other curves and broken ones are skipped, the good one beside them works."""
    other = ECKey.generate_key("P-384", {"kid": "p-384"})
    issuer = Issuer(
        {**NEW.as_dict(private=False), "use": "enc"},
        other,
        {"kty": "RSA", "kid": "short", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "broken", "n": "*" * 400},
        {"kty": "AKP", "kid": "later"},
        {"no": "kty"},
        RSA,
    )
    tokens = published_tokens(issuer)
    assert (await tokens.read(signed(RSA))).subject == ADA
    await refused(tokens, signed(NEW))


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "http://127.0.0.1:9/keys"},
        {"x5u": "http://127.0.0.1:9/keys"},
        {"jwk": STRANGER.as_dict(private=False)},
        {"x5c": ["AAAA"]},
        {"something": "unknown"},
    ],
)
async def test_a_key_that_comes_with_the_token_is_ignored(header: Mapping[str, Any]) -> None:
    """Whatever a header points to or carries, only configured keys verify."""
    tokens = published_tokens(Issuer(RSA))
    await refused(tokens, signed(STRANGER, kid="rsa-1", **header))
    await refused(tokens, signed(STRANGER, **header))
    assert (await tokens.read(signed(RSA, **header))).subject == ADA


@pytest.mark.parametrize("header", [{"crit": ["exp"], "exp": 1}, {"crit": ["kid"], "kid": "a"}, {"crit": []}])
async def test_critical_extensions_are_refused(header: Mapping[str, Any]) -> None:
    """We know none, so every token that demands one is refused."""
    await refused(shared_secret_tokens(), signed_as({"alg": "HS256", **header}, parts(token())[1]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "bm90IGpzb24.e30.",
        "W10.e30.e30",
        "ImFsZyI.e30.e30",
        "ü.e30.e30",
        "gridos",
        "[" * 10_000,
        "eyJhbGciOiJIUzI1NiJ9" + ".e30" * 5,
        "eyJhbGciOiJIUzI1NiIsImtpZCI6WzFdfQ.e30.e30",
    ],
)
async def test_what_is_no_token_is_refused(text: str) -> None:
    """Garbage is a plain refusal, never a failure of ours."""
    await refused(shared_secret_tokens(), text)
    await refused(published_tokens(Issuer(RSA)), text)


async def test_a_huge_token_is_refused_unread() -> None:
    """A valid token with a huge claim is refused for its size."""
    await refused(shared_secret_tokens(), token({"padding": "x" * 20_000}))


@pytest.mark.parametrize("subject", ["ada", f"{{{ADA}}}", f"urn:uuid:{ADA}", ADA.hex, "../x"])
async def test_our_own_issuers_subjects_are_uuids(subject: str) -> None:
    """With a shared secret a subject is a UUID in its one usual spelling."""
    await refused(shared_secret_tokens(ISSUER), token({"sub": subject, "iss": ISSUER}))


async def test_another_issuers_subject_is_known_by_both_names() -> None:
    """A published-key issuer may name people as it likes; issuer and name together are the person."""
    bearer = await published_tokens(Issuer(RSA)).read(signed(RSA, {"sub": "auth0|ada"}))
    assert bearer.subject == Subject(ISSUER, "auth0|ada")
    await refused(published_tokens(Issuer(RSA)), signed(RSA, {"sub": "ada\0"}))


@pytest.mark.parametrize(("said", "is_proven"), [(True, True), (None, True), (False, False), ("false", False)])
async def test_an_address_the_issuer_doubts_is_not_proven(said: object, is_proven: bool) -> None:  # noqa: FBT001 -- data
    """Only an `email_verified` of false, in either spelling, denies the address."""
    bearer = await shared_secret_tokens().read(token({"email_verified": said}))
    assert bearer.is_proven is is_proven


@pytest.mark.parametrize("email", [None, "", 7, ["ada@example.com"], "ada", "ada@example.com\0"])
async def test_an_unusable_address_is_none(email: object) -> None:
    """A token without a usable address still says who it is."""
    bearer = await shared_secret_tokens().read(token({"email": email}))
    assert (bearer.subject, bearer.email) == (ADA, None)


async def test_published_keys_are_fetched_once() -> None:
    """Known keys are kept."""
    issuer = Issuer(RSA, EC)
    tokens = published_tokens(issuer)
    for key in (RSA, EC, RSA):
        await tokens.read(signed(key))
    assert issuer.asked == 1


async def test_an_unknown_key_is_asked_for_once_a_minute() -> None:
    """A new key works as soon as a minute has passed, and a flood of made-up ids costs one fetch a minute."""
    clock, issuer = Clock(), Issuer(RSA)
    tokens = published_tokens(issuer, clock)
    await tokens.read(signed(RSA))
    issuer.keys.append(NEW)
    for number in range(10):
        await refused(tokens, signed(NEW, kid=f"made-up-{number}"))
    assert issuer.asked == 1
    clock.move(seconds=60)
    assert (await tokens.read(signed(NEW))).subject == ADA
    assert issuer.asked == 2


async def test_a_withdrawn_key_stops_working() -> None:
    """Keys are fetched anew after an hour."""
    clock, issuer = Clock(), Issuer(RSA, EC)
    tokens = published_tokens(issuer, clock)
    await tokens.read(signed(RSA))
    issuer.keys.remove(RSA)
    clock.move(seconds=3_600)
    await refused(tokens, signed(RSA))


async def test_an_issuer_that_is_down_is_unavailable_and_not_a_wrong_token() -> None:
    """Without any key nobody is told that their token is wrong, and the first answer heals it."""
    clock, issuer = Clock(), Issuer(RSA)
    issuer.is_down = True
    tokens = published_tokens(issuer, clock)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await tokens.read(signed(RSA))
    assert issuer.asked == 1
    issuer.is_down = False
    clock.move(seconds=5)
    assert (await tokens.read(signed(RSA))).subject == ADA


async def test_known_keys_outlive_an_issuer_that_is_down() -> None:
    """Whoever has a valid token stays signed in while the issuer does not answer."""
    clock, issuer = Clock(), Issuer(RSA)
    tokens = published_tokens(issuer, clock)
    await tokens.read(signed(RSA))
    issuer.is_down = True
    clock.move(seconds=7_200)
    assert (await tokens.read(signed(RSA))).subject == ADA


@pytest.mark.parametrize("document", ["null", "[]", "{}", '{"keys": null}', '{"keys": "x"}', '{"keys": [null, 7, {}]}'])
async def test_a_document_without_keys_is_unavailable(document: str) -> None:
    """What is no key set verifies nothing and fails nothing."""

    async def fetch() -> object:
        return json.loads(document)

    keys = PublishedKeys(fetch, Clock().seconds)
    with pytest.raises(Unavailable):
        await Tokens(keys, audience=AUDIENCE, issuer=ISSUER).read(signed(RSA))
