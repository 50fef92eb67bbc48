"""What is wrong with a setting is said in a sentence that names it."""

import pytest
from click.testing import CliRunner

from gridos.app.cli import main
from gridos.settings import Settings

HUNTER = "hunter2"


@pytest.mark.parametrize(
    "setting",
    [
        "GRIDOS_MODE",
        "GRIDOS_PORT",
        "GRIDOS_LOG_LEVEL",
        "GRIDOS_SIGN_UP",
        "GRIDOS_PUBLIC_URL",
        "GRIDOS_JWKS_URL",
        "GRIDOS_PLUGINS_DIR",
        "GRIDOS_PLUGIN_ISOLATION",
        "GRIDOS_UPSTREAM_SHOPIFY_URL",
        "GRIDOS_UPSTREAM_STRIPE_URL",
        "GRIDOS_UPSTREAM_GITHUB_URL",
    ],
)
def test_every_wrong_setting_is_named(setting: str) -> None:
    """One sentence with the variable's name, without its value, before anything is started."""
    ran = CliRunner().invoke(main, ["serve"], env={setting: HUNTER})
    assert (ran.exit_code, ran.output.count("\n")) == (1, 1)
    assert ran.output.startswith(f"gridos: {setting}: ")
    assert HUNTER not in ran.output


@pytest.mark.parametrize(
    "address",
    [
        f"{HUNTER}:8100",
        f"ftp://{HUNTER}",
        f"http://{HUNTER}:port",
        f"http://{HUNTER}:99999",
        f"http://{HUNTER}/v1",
        f"http://{HUNTER}/?a=1",
        f"http://{HUNTER}#a",
        f"http://somebody@{HUNTER}",
        f"http://{HUNTER} two",
        f"http://[{HUNTER}",
        f"http://[{HUNTER}]",
        f"http://{HUNTER}:",
        "http://",
        "http://:8100",
        "http://..",
    ],
)
def test_a_stand_in_is_a_scheme_a_host_and_a_port(address: str) -> None:
    """Anything else ends the start with a sentence that says what to set."""
    ran = CliRunner().invoke(main, ["serve"], env={"GRIDOS_UPSTREAM_STRIPE_URL": address})
    assert ran.exit_code == 1
    assert ran.output == (
        "gridos: GRIDOS_UPSTREAM_STRIPE_URL: this is not a scheme, a host and a port alone, such as"
        " `http://127.0.0.1:8100`.\n"
    )


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8100", "http://127.0.0.1:8100/", "https://stand-in.test", "http://[::1]:8100"]
)
def test_a_stand_in_that_can_be_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address with or without a port, and with the slash that browsers add."""
    monkeypatch.setenv("GRIDOS_UPSTREAM_STRIPE_URL", address)
    assert Settings().upstreams == {"stripe": address}


def test_two_wrong_settings_are_two_sentences() -> None:
    """Whoever sets a server up hears of everything at once."""
    ran = CliRunner().invoke(main, ["serve"], env={"GRIDOS_MODE": HUNTER, "GRIDOS_PORT": "99999"})
    assert [line.split(":")[1] for line in ran.output.splitlines()] == [" GRIDOS_MODE", " GRIDOS_PORT"]


@pytest.mark.parametrize("name", ["GRIDOS_DATABASE_URL", "DATABASE_URL", "GRIDOS_DATABASE_USER_URL"])
def test_a_database_address_is_not_repeated(name: str) -> None:
    """It holds a password."""
    env = {"GRIDOS_DATABASE_URL": "host=/nowhere", name: f"somebody:{HUNTER}@host"}
    ran = CliRunner().invoke(main, ["migrate"], env=env if name != "DATABASE_URL" else {name: env[name]})
    assert (ran.exit_code, ran.output.count("\n")) == (1, 1)
    assert "DATABASE" in ran.output
    assert HUNTER not in ran.output
