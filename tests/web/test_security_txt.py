"""`/.well-known/security.txt`, as RFC 9116 wants it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from gridos.db import EmbeddedServer
from gridos.settings import Settings
from tests.web.serving import Site, serving

PATH = "/.well-known/security.txt"


@pytest.mark.parametrize("mode", ["saas", "oss"])
async def test_it_names_the_operators_contact(postgres: EmbeddedServer, tmp_path: Path, mode: str) -> None:
    """Anybody is told whom to write to, until when that is good, and where the file belongs."""
    settings = {"security_contact": "mailto:security@example.com", "public_url": "https://grid.example.org/"}
    async with serving(postgres, tmp_path, mode=mode, **settings) as site:
        answer = await (await site.client()).get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ") for line in answer.text.splitlines())
    expires = datetime.fromisoformat(fields.pop("Expires"))
    assert fields == {
        "Contact": "mailto:security@example.com",
        "Canonical": "https://grid.example.org/.well-known/security.txt",
    }
    assert timedelta(days=80) < expires - datetime.now(UTC) < timedelta(days=365)


async def test_without_a_contact_there_is_none(saas: Site) -> None:
    """A file that leads nowhere would be worse than none."""
    assert (await (await saas.client()).get(PATH)).status_code == 404


@pytest.mark.parametrize("contact", ["security@example.com", "http://example.com", "mailto:", "mailto:a\nExpires: x"])
def test_a_contact_is_an_address(contact: str) -> None:
    """What no reporter's program could open stops the start."""
    with pytest.raises(ValidationError):
        Settings(security_contact=contact)
