"""What is wrong with a setting is said in a sentence that names it."""

import pytest
from click.testing import CliRunner

from gridos.app.cli import main

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
