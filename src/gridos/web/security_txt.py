"""`/.well-known/security.txt` (RFC 9116): whom to tell of a hole in this server."""

from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from gridos.errors import NotFound

PATH: Final = "/.well-known/security.txt"
# The contact is as fresh as the running server's settings. RFC 9116, 2.5.5 advises less than a year.
GOOD_FOR: Final = timedelta(days=90)


def router(contact: str | None, public_url: str | None) -> APIRouter:
    """The one route. Without a contact there is nothing to say, and it is 404."""
    routes = APIRouter(tags=["service"])

    # Named by its own class the description would have it that refusals are plain text too.
    @routes.get(PATH, response_class=Response)
    async def show() -> PlainTextResponse:
        """Whom to tell of a hole in this server."""
        if contact is None:
            raise NotFound("This server's operator names no contact.")
        return PlainTextResponse("".join(f"{name}: {value}\n" for name, value in _fields(contact, public_url).items()))

    return routes


def _fields(contact: str, public_url: str | None) -> dict[str, str]:
    expires = (datetime.now(UTC) + GOOD_FOR).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = {"Contact": contact, "Expires": expires}
    if public_url and public_url.startswith("https:"):
        fields["Canonical"] = public_url.rstrip("/") + PATH
    return fields
