"""Signing in through an OpenID Connect provider: a real one, a real server, and a browser's cookies."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2
import pytest
from joserfc.jwk import OctKey, RSAKey
from pydantic import ValidationError

import gridos.accounts
from gridos.accounts import Accounts, Attempt, SingleSignOn
from gridos.db import EmbeddedServer
from gridos.settings import Settings
from tests.accounts.given import PASSWORD, SECRET, Clock, token
from tests.accounts.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, Somebody, providing, sign
from tests.web.serving import Json, Site, serving, succeeded

LOGIN, CALLBACK = "/auth/oidc/login", "/auth/oidc/callback"
PUBLIC_URL = "http://gridos.test"
REDIRECT_URI = PUBLIC_URL + CALLBACK


def settings_for(provider: Provider) -> dict[str, Json]:
    """What an operator sets."""
    return {
        "mode": "saas",
        "public_url": PUBLIC_URL,
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
    }


@pytest.fixture(scope="module")
async def the_provider() -> AsyncGenerator[Provider]:
    """The provider of the module's server."""
    async with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
async def site(
    the_provider: Provider, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Site]:
    """A server whose operator named that provider."""
    async with serving(postgres, tmp_path_factory.mktemp("oidc"), **settings_for(the_provider)) as site:
        yield site


@pytest.fixture
def provider(the_provider: Provider) -> Provider:
    """The provider as it is when nobody has touched it, with somebody new."""
    fresh = Provider(the_provider.issuer, Somebody(new_person(), {}), redirect_uri=REDIRECT_URI)
    vars(the_provider).update(vars(fresh))
    return the_provider


def new_person(**claims: Json) -> dict[str, Json]:
    """The claims of somebody nobody has seen."""
    name = uuid4().hex[:12]
    return {"sub": f"person-{name}", "email": f"{name}@example.com", "email_verified": True, **claims}


@pytest.fixture
async def browser(site: Site) -> httpx2.AsyncClient:
    """A browser that nobody has signed in with."""
    return await site.client()


async def depart(browser: httpx2.AsyncClient, destination: str | None = None) -> str:
    """Begin; gives the provider's address that the browser is sent to."""
    answer = await browser.get(LOGIN, params={} if destination is None else {"next": destination})
    assert answer.status_code == 303
    return answer.headers["location"]


async def visit(there: str) -> str:
    """Be at the provider, where one is signed in already; gives the way back, from its path on."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.get(there)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}" == PUBLIC_URL
    return f"{back.path}?{back.query}"


async def sign_in(browser: httpx2.AsyncClient, destination: str | None = None) -> str:
    """There and back; gives the address that the browser is sent to in the end."""
    return await arrive(browser, await visit(await depart(browser, destination)))


async def arrive(browser: httpx2.AsyncClient, back: str) -> str:
    """Come back; gives the address that the browser is sent to."""
    answer = await browser.get(back)
    assert answer.status_code == 303
    return answer.headers["location"]


async def who(browser: httpx2.AsyncClient) -> Json:
    """Who a browser is signed in as; None for nobody."""
    answer = await browser.get("/auth/whoami")
    return answer.json() if answer.is_success else None


async def test_somebody_new_gets_an_account(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """The first sign-in makes an account with the provider's address, and later ones find it."""
    assert await sign_in(browser) == "/"
    ada = await who(browser)
    assert ada["email"] == provider.somebody.claims["email"]
    provider.somebody.claims["email"] = "another@example.com"
    assert await sign_in(browser) == "/"
    assert await who(browser) == ada


async def test_what_the_provider_is_asked(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """The code flow, with a state, a nonce and an S256 challenge, each new and long; nothing else about us."""
    first, second = [parse_qs(urlsplit(await depart(browser)).query) for _ in range(2)]
    secret = {name: (first.pop(name), second.pop(name)) for name in ("state", "nonce", "code_challenge")}
    assert (
        first
        == second
        == {
            "response_type": ["code"],
            "client_id": [CLIENT_ID],
            "redirect_uri": [REDIRECT_URI],
            "scope": ["openid email"],
            "code_challenge_method": ["S256"],
        }
    )
    for (one,), (other,) in secret.values():
        assert one != other
        assert len(one) >= 43


async def test_the_cookie_on_the_way(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """It is short-lived, out of reach of scripts, sealed, and gone when one has come back."""
    answer = await browser.get(LOGIN)
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("gridos-sign-in=")
    assert {*map(str.lower, attributes)} == {"httponly", "samesite=lax", "path=/", "max-age=600"}
    assert answer.headers["cache-control"] == "no-store"
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert all(asked[secret][0] not in name for secret in ("state", "nonce", "code_challenge"))
    await arrive(browser, await visit(answer.headers["location"]))
    assert "gridos-sign-in" not in browser.cookies
    assert "gridos" in browser.cookies


async def test_on_https_the_cookie_is_bound_to_this_host(
    provider: Provider, postgres: EmbeddedServer, tmp_path: Path
) -> None:
    """`__Host-` and Secure, as the session's."""
    settings = settings_for(provider) | {"public_url": "https://gridos.test"}
    async with serving(postgres, tmp_path, **settings) as site:
        answer = await (await site.client()).get(LOGIN)
    assert answer.headers["set-cookie"].startswith("__Host-gridos-sign-in=")
    assert "; secure" in answer.headers["set-cookie"].lower()
    assert parse_qs(urlsplit(answer.headers["location"]).query)["redirect_uri"] == ["https://gridos.test" + CALLBACK]


@pytest.mark.parametrize("page", ["/", "/w/7?cell=B2", "/marketplace", "/w/a%20b#c"])
async def test_one_comes_back_to_the_page_asked_for(provider: Provider, browser: httpx2.AsyncClient, page: str) -> None:
    """The way through the provider does not lose it."""
    assert await sign_in(browser, page) == page


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/" + "x" * 3_000,
        "/ü",
    ],
)
async def test_never_to_another_site(provider: Provider, browser: httpx2.AsyncClient, elsewhere: str) -> None:
    """Whatever a link says, one ends at a page of this server."""
    assert await sign_in(browser, elsewhere) == "/"


async def test_a_session_that_was_there_is_replaced(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """The browser is signed in as whom the provider says, in a new session, and the old one has ended."""
    succeeded(await browser.post("/auth/sign-up", json={"email": f"{uuid4()}@example.com", "password": PASSWORD}))
    old = browser.cookies["gridos"]
    await sign_in(browser)
    assert (await who(browser))["email"] == provider.somebody.claims["email"]
    answer = await browser.get("/auth/whoami", headers={"cookie": f"gridos={old}"})
    assert answer.status_code == 401


async def test_an_address_that_has_an_account_is_refused(
    site: Site, provider: Provider, browser: httpx2.AsyncClient
) -> None:
    """Accounts are never linked by e-mail: neither to a password's account nor to another subject's."""
    ben = await site.client()
    email = provider.somebody.claims["email"]
    succeeded(await ben.post("/auth/sign-up", json={"email": email.upper(), "password": PASSWORD}))
    assert await sign_in(browser, "/w/7") == "/sign-in?refused=address_taken&next=%2Fw%2F7"
    assert await who(browser) is None


async def test_a_disabled_account_is_refused(site: Site, provider: Provider, browser: httpx2.AsyncClient) -> None:
    """The operator's word counts more than the provider's."""
    await sign_in(browser)
    await site.server.accounts.disable(provider.somebody.claims["email"])
    assert await sign_in(browser) == "/sign-in?refused=account_disabled"


async def test_a_subject_of_the_provider_is_nobodys_id(
    site: Site, provider: Provider, browser: httpx2.AsyncClient
) -> None:
    """Somebody who calls themselves by another account's id at the provider is somebody else."""
    ada = await site.person("ada")
    provider.somebody.claims["sub"] = str(ada.id)
    assert await sign_in(browser) == "/"
    assert (await who(browser))["id"] != str(ada.id)


async def test_one_issuer_for_both_means_the_same_people(
    provider: Provider, postgres: EmbeddedServer, tmp_path: Path
) -> None:
    """Where bearer tokens come from the same issuer, a person has one account, whichever way they come."""
    claims = new_person(sub=str(uuid4()))
    provider.somebody = Somebody(claims, {})
    settings = settings_for(provider) | {"jwt_issuer": provider.issuer, "jwt_secret": SECRET}
    async with serving(postgres, tmp_path, **settings) as site:
        bearer = token({"sub": claims["sub"], "email": claims["email"], "iss": provider.issuer})
        program, browser = await site.client(authorization=f"Bearer {bearer}"), await site.client()
        assert await sign_in(browser) == "/"
        assert await who(browser) == await who(program) != None  # noqa: E711 -- a chain


@pytest.mark.parametrize(("verified", "role"), [(True, "editor"), (None, "editor"), (False, None), ("false", None)])
async def test_invites(
    site: Site, provider: Provider, browser: httpx2.AsyncClient, verified: Json, role: str | None
) -> None:
    """An invite turns active for an address that the provider does not deny having checked."""
    ada = await site.person("ada")
    workbook = await ada.create()
    provider.somebody.claims["email_verified"] = verified
    await ada.post(
        f"/workbook/{workbook}/collaborators", {"email": provider.somebody.claims["email"], "role": "editor"}
    )
    assert await sign_in(browser) == "/"
    shared = succeeded(await browser.get("/workbook/shared-with-me"))["workbooks"]
    assert [one["role"] for one in shared] == ([role] if role else [])


async def test_an_address_from_userinfo(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """A provider that leaves it out of its ID token is asked for it."""
    claims = new_person()
    provider.somebody = Somebody({"sub": claims["sub"]}, {"email": claims["email"]})
    assert await sign_in(browser) == "/"
    assert (await who(browser))["email"] == claims["email"]


async def test_userinfo_of_somebody_else_is_refused(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """Its subject has to be that of the ID token."""
    claims = new_person()
    provider.somebody = Somebody({"sub": claims["sub"]}, {"email": claims["email"], "sub": "somebody-else"})
    assert await sign_in(browser) == "/sign-in?refused=provider_untrusted"


@pytest.mark.parametrize("email", [None, "no address", 7, ""])
async def test_somebody_new_needs_an_address(provider: Provider, browser: httpx2.AsyncClient, email: Json) -> None:
    """Without one no account is made."""
    provider.somebody = Somebody({"sub": uuid4().hex}, {} if email is None else {"email": email})
    assert await sign_in(browser) == "/sign-in?refused=address_missing"


async def test_where_sign_up_is_closed_nobody_new_comes_in(
    provider: Provider, postgres: EmbeddedServer, tmp_path: Path
) -> None:
    """`GRIDOS_SIGN_UP=closed` holds for the provider's people as well."""
    async with serving(postgres, tmp_path, **settings_for(provider), sign_up="closed") as site:
        assert await sign_in(await site.client()) == "/sign-in?refused=sign_up_closed"


# What must not be believed


async def refused(browser: httpx2.AsyncClient, back: str, reason: str) -> None:
    """Coming back ends on the sign-in page, signed in as nobody."""
    assert await arrive(browser, back) == f"/sign-in?refused={reason}"
    assert await who(browser) is None


async def test_a_state_of_another_browser(site: Site, provider: Provider, browser: httpx2.AsyncClient) -> None:
    """A link back that somebody else began signs nobody in: not with a cookie of one's own, nor with none."""
    other = await site.client()
    theirs = await visit(await depart(other))
    await refused(browser, theirs, "sign_in_lost")
    await depart(browser)
    await refused(browser, theirs, "sign_in_lost")
    assert "/token" not in provider.asked


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x&code=x", "?state=&code=x", "?state=ü&code=x"])
async def test_a_state_that_is_wrong(provider: Provider, browser: httpx2.AsyncClient, query: str) -> None:
    """Without the browser's own state nobody asks the provider anything."""
    await depart(browser)
    await refused(browser, CALLBACK + query, "sign_in_lost")
    assert "/token" not in provider.asked


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c.d.e", "x" * 3_000])
async def test_a_cookie_that_is_none_of_ours(
    site: Site, provider: Provider, browser: httpx2.AsyncClient, cookie: str
) -> None:
    """What we did not seal is as good as nothing."""
    back = await visit(await depart(browser))
    stranger = await site.client(cookie=f"gridos-sign-in={cookie}")
    assert await arrive(stranger, back) == "/sign-in?refused=sign_in_lost"


class NoProvider:
    """A provider that sends nobody anywhere."""

    async def authorization_url(self, attempt: Attempt) -> str:
        return ""


def sign_on(clock: Clock, client_secret: str = CLIENT_SECRET) -> SingleSignOn:
    """Sign-ins that only begin."""
    no_accounts = cast("Accounts", None)
    provider = cast("gridos.accounts.Provider", NoProvider())
    return SingleSignOn(provider, no_accounts, issuer="", client_secret=client_secret, clock=clock.seconds)


async def test_a_sign_in_takes_ten_minutes_at_most() -> None:
    """Then the cookie opens no more, whatever the browser does with it."""
    clock = Clock()
    begun = sign_on(clock)
    _, sealed = await begun.begin("/w/7")
    clock.move(minutes=9)
    found = begun.find_attempt(sealed)
    assert found
    assert found.destination == "/w/7"
    clock.move(minutes=1)
    assert begun.find_attempt(sealed) is None


async def test_any_process_may_end_a_sign_in_and_nobody_else() -> None:
    """The cookie opens wherever the client's secret is known, and only there; changed, it opens nowhere."""
    clock = Clock()
    _, sealed = await sign_on(clock).begin("/")
    assert sign_on(clock).find_attempt(sealed)
    assert sign_on(clock, "another secret").find_attempt(sealed) is None
    for place in range(0, len(sealed), 7):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        assert sign_on(clock).find_attempt(changed) is None


async def test_a_code_is_good_once(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """Repeating the way back, with the cookie that belongs to it, signs nobody in."""
    there = await depart(browser)
    cookie = browser.cookies["gridos-sign-in"]
    back = await visit(there)
    assert await arrive(browser, back) == "/"
    browser.cookies.clear()
    browser.cookies["gridos-sign-in"] = cookie
    await refused(browser, back, "sign_in_lost")


async def test_a_code_without_its_verifier(site: Site, provider: Provider, browser: httpx2.AsyncClient) -> None:
    """A code that was stolen on its way is of no use in another browser's sign-in: PKCE."""
    stolen = parse_qs(urlsplit(await visit(await depart(browser))).query)["code"][0]
    thief = await site.client()
    state = parse_qs(urlsplit(await depart(thief)).query)["state"][0]
    await refused(thief, f"{CALLBACK}?state={state}&code={stolen}", "sign_in_lost")
    assert provider.asked[-1] == "/token"


async def test_a_code_nobody_gave_out(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """The provider refuses it."""
    state = parse_qs(urlsplit(await depart(browser)).query)["state"][0]
    await refused(browser, f"{CALLBACK}?state={state}&code=made-up", "sign_in_lost")


def unsigned(claims: dict[str, Json]) -> str:
    """A token with `alg: none`."""
    parts = [{"alg": "none"}, claims]
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


STRANGE = RSAKey.generate_key(2048, {"kid": "one"})
FORGERIES: dict[str, Callable[[dict[str, Json]], str]] = {
    "another nonce": lambda claims: sign({**claims, "nonce": "another"}),
    "no nonce": lambda claims: sign({name: value for name, value in claims.items() if name != "nonce"}),
    "alg none": unsigned,
    "signed with the client's secret": lambda claims: sign(
        claims, key=OctKey.import_key(CLIENT_SECRET), algorithm="HS256"
    ),
    "a strange key": lambda claims: sign(claims, key=STRANGE),
    "an unknown key": lambda claims: sign(claims, key=STRANGE, kid="two"),
    "PS256": lambda claims: sign(claims, algorithm="PS256"),
    "expired": lambda claims: sign({**claims, "exp": int(time.time()) - 120}),
    "no expiry": lambda claims: sign({name: value for name, value in claims.items() if name != "exp"}),
    "issued tomorrow": lambda claims: sign({**claims, "iat": int(time.time()) + 86_400}),
    "a foreign issuer": lambda claims: sign({**claims, "iss": "https://evil.example"}),
    "an issuer with a slash": lambda claims: sign({**claims, "iss": claims["iss"] + "/"}),
    "no issuer": lambda claims: sign({name: value for name, value in claims.items() if name != "iss"}),
    "another audience": lambda claims: sign({**claims, "aud": "another-client"}),
    "no audience": lambda claims: sign({name: value for name, value in claims.items() if name != "aud"}),
    "for us and others, without a party": lambda claims: sign({**claims, "aud": [CLIENT_ID, "another-client"]}),
    "for another party": lambda claims: sign({**claims, "azp": "another-client"}),
    "another access token's": lambda claims: sign({**claims, "at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "no subject": lambda claims: sign({name: value for name, value in claims.items() if name != "sub"}),
    "a subject that is no text": lambda claims: sign({**claims, "sub": 7}),
    "an empty subject": lambda claims: sign({**claims, "sub": ""}),
    "a subject with a NUL": lambda claims: sign({**claims, "sub": "a\0b"}),
    "a subject that is a book": lambda claims: sign({**claims, "sub": "x" * 256}),
    "cut": lambda claims: sign(claims)[:-10],
    "no token": lambda _: "no token",
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_an_id_token_that_is_forged(provider: Provider, browser: httpx2.AsyncClient, forgery: str) -> None:
    """Every one of them is refused, and no account is made."""
    provider.forge = FORGERIES[forgery]
    await refused(browser, await visit(await depart(browser)), "provider_untrusted")


async def test_the_forgers_tools_are_sharp(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """The same token, signed anew without a change, is accepted: the tests above fail for what they say."""
    provider.forge = sign
    assert await sign_in(browser) == "/"


async def test_several_audiences_with_us_as_the_party(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """A token for us and others is fine when it says that it was made for us."""
    provider.forge = lambda claims: sign({**claims, "aud": ["another-client", CLIENT_ID], "azp": CLIENT_ID})
    assert await sign_in(browser) == "/"


async def test_somebody_who_declines(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """Who says no at the provider is told so; another error of the provider's is not shown in its words."""
    state = parse_qs(urlsplit(await depart(browser)).query)["state"][0]
    await refused(browser, f"{CALLBACK}?state={state}&error=access_denied", "sign_in_declined")
    state = parse_qs(urlsplit(await depart(browser)).query)["state"][0]
    strange = f"{CALLBACK}?state={state}&error=server_error&error_description=Call+0800+CANARY"
    await refused(browser, strange, "provider_untrusted")


async def test_an_answer_of_another_provider(provider: Provider, browser: httpx2.AsyncClient) -> None:
    """An answer that names another issuer is not this provider's (RFC 9207)."""
    back = await visit(await depart(browser))
    await refused(browser, f"{back}&iss=https%3A%2F%2Fevil.example", "provider_untrusted")
    assert "/token" not in provider.asked


async def test_a_provider_that_names_itself(provider: Provider, postgres: EmbeddedServer, tmp_path: Path) -> None:
    """One that says it will has to."""
    provider.metadata["authorization_response_iss_parameter_supported"] = True
    async with serving(postgres, tmp_path, **settings_for(provider)) as site:
        browser = await site.client()
        await refused(browser, await visit(await depart(browser)), "provider_untrusted")
        provider.names_itself = True
        assert await sign_in(browser) == "/"


async def test_a_secret_in_the_body(provider: Provider, postgres: EmbeddedServer, tmp_path: Path) -> None:
    """A provider that takes the client's secret only there is given it there."""
    provider.metadata["token_endpoint_auth_methods_supported"] = ["private_key_jwt", "client_secret_post"]
    async with serving(postgres, tmp_path, **settings_for(provider)) as site:
        assert await sign_in(await site.client()) == "/"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": 7},
        {"jwks_uri": None},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
    ],
)
async def test_metadata_that_cannot_be_used(
    provider: Provider, postgres: EmbeddedServer, tmp_path: Path, metadata: dict[str, Any]
) -> None:
    """A provider that describes somebody else, or too little, is not sent anybody."""
    provider.metadata.update(metadata)
    async with serving(postgres, tmp_path, **settings_for(provider)) as site:
        assert await depart(await site.client()) == "/sign-in?refused=unavailable"


async def test_a_wrong_client_secret(provider: Provider, postgres: EmbeddedServer, tmp_path: Path) -> None:
    """The operator's mistake signs nobody in."""
    settings = settings_for(provider) | {"oidc_client_secret": "wrong"}
    async with serving(postgres, tmp_path, **settings) as site:
        assert await sign_in(await site.client()) == "/sign-in?refused=provider_untrusted"


async def test_a_provider_that_is_away(provider: Provider, postgres: EmbeddedServer, tmp_path: Path) -> None:
    """One is sent back to the sign-in page, whether it is away at the beginning or at the end."""
    async with serving(postgres, tmp_path, **settings_for(provider)) as site:
        browser = await site.client()
        back = await visit(await depart(browser))
        provider.is_down = True
        await refused(browser, back, "unavailable")
    async with serving(postgres, tmp_path, **settings_for(provider)) as site:
        assert await depart(await site.client(), "/w/7") == "/sign-in?refused=unavailable&next=%2Fw%2F7"


# Where there is no provider


async def test_the_sign_in_page_is_told(site: Site, saas: Site, oss: Site, provider: Provider) -> None:
    """What a page offers follows from one open address."""
    assert succeeded(await (await site.client()).get("/auth/methods")) == {"oidc": urlsplit(provider.issuer).netloc}
    assert succeeded(await (await saas.client()).get("/auth/methods")) == {"oidc": None}
    assert (await (await oss.client()).get("/auth/methods")).status_code == 404


@pytest.mark.parametrize("path", [LOGIN, CALLBACK])
async def test_without_a_provider_there_is_nothing(saas: Site, oss: Site, path: str) -> None:
    """404 in either mode."""
    for nowhere in (saas, oss):
        assert (await (await nowhere.client()).get(path)).status_code == 404


async def test_whoever_only_the_provider_knows_has_no_password(browser: httpx2.AsyncClient, provider: Provider) -> None:
    """Somebody signed in through the provider has no password, and none is accepted as the current one."""
    await sign_in(browser)
    assert succeeded(await browser.get("/auth/password")) == {"is_set": False}
    refused = await browser.post("/auth/password", json={"current": "", "new": PASSWORD})
    assert (refused.status_code, refused.json()) == (401, {"detail": "The current password is wrong."})


@pytest.mark.parametrize("missing", ["oidc_issuer", "oidc_client_id", "oidc_client_secret"])
def test_the_three_settings_go_together(provider: Provider, missing: str) -> None:
    """Half a provider is a mistake that the start names, with what is missing."""
    given = {name: value for name, value in settings_for(provider).items() if name != missing}
    with pytest.raises(ValidationError, match=f"GRIDOS_{missing.upper()} must be set too"):
        Settings(**given)
