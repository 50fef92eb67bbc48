"""What a running server has given up."""

from gridos.app.hardening import forget_variables
from gridos.settings import SECRET_VARIABLES, Settings


def test_every_secret_setting_leaves_the_environment() -> None:
    """A new setting whose value is a secret is forgotten too."""
    secret = {
        f"GRIDOS_{name.upper()}" for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
    }
    assert secret <= set(SECRET_VARIABLES)


def test_nothing_else_leaves_it() -> None:
    """What programs need, and what is missing, is left alone."""
    environ = {"PATH": "/bin", "GRIDOS_ROOT_KEY": "x"}
    forget_variables(environ=environ)
    assert environ == {"PATH": "/bin"}
