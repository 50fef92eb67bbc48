"""Every command, as its user types it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gridos.app.demo import ADA, PEOPLE
from gridos.plugin_secrets import new_key_line
from gridos.sandbox import GITHUB_TOKENS, STRIPE_KEYS
from tests.accounts.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, providing
from tests.journeys.conftest import Env, NewDatabase
from tests.journeys.running import Process, finish

PLUGINS = Path(__file__).with_name("plugins")


@pytest.fixture(scope="module")
def env(new_database: NewDatabase) -> Iterator[Env]:
    """An operator's server for many users."""
    with new_database() as database:
        yield {**database, "GRIDOS_MODE": "saas", "GRIDOS_ROOT_KEY": new_key_line()}


@pytest.fixture(scope="module")
def server(home: Path, env: Env) -> Iterator[Process]:
    """That server, behind a proxy that speaks HTTPS."""
    with Process("serve", log=home / "log", env={**env, "GRIDOS_PUBLIC_URL": "https://grid.example.com"}) as process:
        yield process


def test_help_and_version(home: Path) -> None:
    """`--help` names every command of the contract, and `--version` the program."""
    code, said = finish("--help", home=home)
    assert code == 0
    for command in ("serve", "demo", "sandbox", "migrate", "vault", "plugins", "users", "doctor"):
        assert f"\n  {command} " in said
    code, said = finish("--version", home=home)
    assert (code, said.split()[0]) == (0, "gridos,")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--nonsense"],
        ["demo", "--port", "high"],
        ["plugins", "check", "/nowhere"],
        ["vault", "x"],
    ],
    ids=" ".join,
)
def test_bad_arguments(home: Path, arguments: list[str]) -> None:
    """A mistyped command says what is wrong and starts nothing."""
    code, said = finish(*arguments, home=home)
    assert code == 2
    assert said.startswith("Usage: ")
    assert "Traceback" not in said


def test_migrate(home: Path, env: Env) -> None:
    """Migrating twice changes nothing the second time."""
    for _ in range(2):
        assert finish("migrate", home=home, env=env) == (0, "The database is up to date.\n")


def test_accounts_are_made_beside_a_running_server(server: Process, home: Path, env: Env) -> None:
    """Create, list, set-password and disable, while the server lets people in and out accordingly."""

    def users(*arguments: str, typed: str = "") -> tuple[int, str]:
        return finish("users", *arguments, home=home, env=env, typed=typed)

    assert users("create", "ada@example.com", typed="ada-types-this\n") == (0, "Created ada@example.com.\n")
    code, said = users("create", "ada@example.com", typed="something else\n")
    assert (code, said.count("\n")) == (1, 1)
    assert users("create", "no address", typed="something else\n")[0] == 1
    assert users("create", "ben@example.com", typed="short\n")[0] == 1
    assert users("list")[1].split()[1:] == ["ada@example.com"]

    sign_in = {"email": "ada@example.com", "password": "ada-types-this"}
    assert server.person().request("POST", "/auth/sign-in", json=sign_in).status_code == 200
    assert users("set-password", "ada@example.com", typed="ada-types-that\n")[0] == 0
    assert server.person().request("POST", "/auth/sign-in", json=sign_in).status_code == 401
    sign_in["password"] = "ada-types-that"
    assert server.person().request("POST", "/auth/sign-in", json=sign_in).status_code == 200
    assert users("disable", "ada@example.com")[0] == 0
    assert "(disabled)" in users("list")[1]
    assert server.person().request("POST", "/auth/sign-in", json=sign_in).status_code == 401
    assert users("disable", "nobody@example.com")[0] == 1


def test_https_is_for_good(server: Process, home: Path, env: Env) -> None:
    """With an https address the cookie never travels in the clear, and browsers are told to insist."""
    finish("users", "create", "eve@example.com", home=home, env=env, typed="eve-types-this\n")
    sign_in = {"email": "eve@example.com", "password": "eve-types-this"}
    answer = server.person().request("POST", "/auth/sign-in", json=sign_in)
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-gridos=")
    assert all(part in cookie for part in ("; secure", "; httponly", "; path=/", "; samesite="))
    assert "domain" not in cookie
    assert "max-age" in answer.headers["strict-transport-security"]


def test_sign_up_is_by_invitation(server: Process) -> None:
    """Unless the operator says otherwise nobody comes in without an invite."""
    assert sign_up(server).status_code == 403


@pytest.mark.parametrize(("setting", "status"), [("open", 200), ("closed", 403)])
def test_sign_up_as_the_operator_says(home: Path, env: Env, setting: str, status: int) -> None:
    """Open lets everybody in, closed nobody."""
    with Process("serve", log=home / setting, env={**env, "GRIDOS_SIGN_UP": setting}) as process:
        answer = sign_up(process)
        assert answer.status_code in {status, status + 1}
        if answer.is_success:
            assert "secure" not in answer.headers["set-cookie"].lower()
            assert "strict-transport-security" not in answer.headers


def sign_up(process: Process) -> httpx2.Response:
    """A stranger's attempt."""
    body = {"email": "stranger@example.com", "password": "stranger-types-this"}
    return process.person().request("POST", "/auth/sign-up", json=body)


def test_vault(home: Path, env: Env) -> None:
    """`new-key` prints a line that opens a vault; without a key there is none, and none is made."""
    code, line = finish("vault", "new-key", home=home)
    assert (code, line.count("\n"), len(line)) == (0, 1, 45)
    code, said = finish("vault", "status", home=home, env={**env, "GRIDOS_ROOT_KEY": line})
    assert (code, "The vault is open." in said) == (0, True)
    bare = {**env, "GRIDOS_ROOT_KEY": "", "GRIDOS_DATA_DIR": str(home / "bare")}
    code, said = finish("vault", "status", home=home, env=bare)
    assert (code, said.startswith("The vault is locked. There is no root key.")) == (1, True)
    with Process("serve", log=home / "keyless", env=bare) as process:
        assert "The vault is locked" in process.log.read_text()
    assert not (home / "bare/root.key").exists()


def test_a_key_file_open_to_others_is_not_used(home: Path, env: Env) -> None:
    """A key that others may read locks the vault, and the sentence says how to mend it."""
    file = home / "key"
    file.write_text(new_key_line())
    file.chmod(0o644)
    given = {**env, "GRIDOS_ROOT_KEY_FILE": str(file)}
    code, said = finish("vault", "status", home=home, env=given)
    assert (code, f"{file} is open to others (mode 644): run `chmod 600`" in said) == (1, True)
    file.chmod(0o600)
    assert finish("vault", "status", home=home, env=given).code == 0


def test_plugins(home: Path) -> None:
    """The list tells what works, `new` begins a plugin that passes its check and its own test."""
    code, said = finish("plugins", "list", home=home, env={"GRIDOS_PLUGINS_DIR": str(PLUGINS)})
    assert (code, "stripe: STRIPE_" in said, "wants_sum: SUM is a built-in" in said) == (0, True, True)
    assert finish("plugins", "new", "notion", home=home, cwd=home).code == 0
    assert finish("plugins", "check", "notion", home=home, cwd=home) == (0, "Nothing to complain about.\n")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."], cwd=home / "notion", check=True
    )
    assert finish("plugins", "new", "notion", home=home, cwd=home).code == 1
    assert finish("plugins", "new", "Not-A-Slug", home=home, cwd=home).code == 1
    code, said = finish("plugins", "check", str(PLUGINS / "wants_sum"), home=home)
    assert (code, "SUM is a built-in" in said) == (1, True)


def test_the_doctor_finds_nothing(home: Path, env: Env) -> None:
    """A sound installation has no fault."""
    sound = {**env, "GRIDOS_PUBLIC_URL": "https://grid.example.com", "GRIDOS_JWT_SECRET": "x" * 32}
    code, said = finish("doctor", home=home, env=sound)
    assert (code, "✗" in said) == (0, False), said


@pytest.mark.parametrize(
    ("fault", "finding"),
    [
        ({"GRIDOS_JWT_SECRET": "hunter2"}, "GRIDOS_JWT_SECRET is shorter than 32 bytes"),
        ({"GRIDOS_ROOT_KEY": ""}, "There is no root key."),
        ({"GRIDOS_ROOT_KEY": "hunter2"}, "A line of the root key is not 32 bytes"),
        ({"GRIDOS_PLUGINS_DIR": str(PLUGINS)}, "Plugin wants_sum: SUM is a built-in"),
        ({"GRIDOS_DATABASE_URL": "host=/nowhere"}, "GRIDOS_DATABASE_URL does not answer"),
        ({"GRIDOS_DATABASE_USER_URL": "host=/nowhere"}, "The database does not answer."),
        ({"GRIDOS_MODE": "oss", "GRIDOS_HOST": "0.0.0.0"}, "Single-user mode listens on 0.0.0.0"),
    ],
)
def test_the_doctor_finds(home: Path, env: Env, fault: Env, finding: str) -> None:
    """Each fault is told in a sentence, with exit code 1."""
    code, said = finish("doctor", home=home, env={**env, **fault})
    assert code == 1, said
    assert "✗ " in said
    assert finding in said
    assert "hunter2" not in said


CALLBACK = "https://grid.example.com/auth/oidc/callback"


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """The operator's OpenID Connect provider."""
    async with providing() as provider:
        yield provider


def through(provider: Provider) -> Env:
    """The settings that sign people in through it."""
    return {
        "GRIDOS_PUBLIC_URL": "https://grid.example.com",
        "GRIDOS_OIDC_ISSUER": provider.issuer,
        "GRIDOS_OIDC_CLIENT_ID": CLIENT_ID,
        "GRIDOS_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    }


async def test_the_doctor_asks_the_provider(home: Path, env: Env, provider: Provider) -> None:
    """One that describes itself is sound, and the operator reads which redirect address to register there."""
    code, said = await asyncio.to_thread(finish, "doctor", home=home, env=env | through(provider))
    assert code == 0, said
    assert f"✓ {provider.issuer} answers" in said
    assert f"register {CALLBACK} as redirect address of the client {CLIENT_ID}." in said
    assert CLIENT_SECRET not in said


@pytest.mark.parametrize(
    ("metadata", "finding"),
    [
        ({"issuer": "https://id.example.org/"}, "it names itself 'https://id.example.org/'"),
        ({"jwks_uri": None}, "it lacks an issuer, an authorization_endpoint, a token_endpoint or a jwks_uri"),
        ({"token_endpoint_auth_methods_supported": ["none"]}, "it accepts no client secret"),
        (None, "/.well-known/openid-configuration does not answer in JSON"),
    ],
)
async def test_the_doctor_finds_a_provider_unusable(
    home: Path, env: Env, provider: Provider, metadata: dict[str, Any] | None, finding: str
) -> None:
    """It says what is wrong with one that is away, is another, or lacks what GridOS needs."""
    provider.is_down = metadata is None
    provider.metadata.update(metadata or {})
    code, said = await asyncio.to_thread(finish, "doctor", home=home, env=env | through(provider))
    assert code == 1, said
    assert finding in said.partition("✗ ")[2]
    assert CALLBACK in said
    assert CLIENT_SECRET not in said


@pytest.mark.parametrize("missing", ["GRIDOS_OIDC_ISSUER", "GRIDOS_OIDC_CLIENT_ID", "GRIDOS_OIDC_CLIENT_SECRET"])
def test_the_doctor_names_what_single_sign_on_lacks(home: Path, env: Env, missing: str) -> None:
    """Each of the three settings that is not there."""
    given = {name: value for name, value in through(Provider("https://id.example.org")).items() if name != missing}
    code, said = finish("doctor", home=home, env=env | given)
    assert code == 1, said
    assert f"{missing} must be set too" in said
    assert CLIENT_SECRET not in said


def test_the_demo_twice_on_one_directory(home: Path) -> None:
    """The second demo has what the first one made, and `gridos vault` reads its key."""
    data = home / "demo"
    with Process("demo", "--port", "0", "--data-dir", str(data), log=home / "demo.log") as demo:
        ada = demo.person().sign_in(ADA, PEOPLE[ADA])
        ada.put("/settings/plugin-secrets/stripe", {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}})
        workbooks = ada.get("/workbooks")
        env = {"GRIDOS_MODE": "saas", "GRIDOS_DATA_DIR": str(data)}
        assert finish("vault", "rotate", home=home, env=env) == (0, "Rewrapped 0 data keys.\n")
        assert demo.stop() == 0
        demo.start()
        again = demo.person().sign_in(ADA, PEOPLE[ADA])
        assert again.get("/workbooks") == workbooks
        assert again.get("/settings/plugin-secrets/stripe")["set_keys"] == ["SECRET_KEY"]
    assert demo.log.read_text().count("Ctrl+C stops it.") == 2


def test_the_sandbox_stands_alone(sandbox: Process, home: Path) -> None:
    """It answers as Stripe and GitHub do, to its own invented keys only, and a second one needs another port."""
    somebody = sandbox.person(authorization=f"Bearer {STRIPE_KEYS['ada']}")
    assert somebody.get("/v1/customers")["data"]
    assert sandbox.person().get("/repos/acme/rocket")["stargazers_count"]
    assert all(key in sandbox.log.read_text() for key in (STRIPE_KEYS["ada"], GITHUB_TOKENS["ada"]))
    assert sandbox.person(authorization="Bearer sk_live_real").request("GET", "/v1/customers").status_code == 401
    code, said = finish("sandbox", "--port", sandbox.url.rpartition(":")[2], home=home)
    assert (code, said.count("\n"), "cannot listen" in said) == (1, 1, True)
