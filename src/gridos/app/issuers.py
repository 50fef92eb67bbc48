"""Reaches the issuers of tokens that the operator named: their keys, and what an OpenID Connect provider answers."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp

from gridos.accounts.oauth import Form
from gridos.errors import Unavailable

SECONDS = 5.0
LARGEST_ANSWER = 1_048_576


class IssuerHttp:
    """`accounts.Http`. The operator named the addresses, so the egress guard has no say in them."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get_json(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        """Redirects are not followed: keys move by the operator's word only."""
        status, answer = await self._ask("GET", url, headers)
        if status != HTTPStatus.OK:
            raise _away()
        return answer

    async def post_form(self, form: Form) -> tuple[int, Any]:
        """A refusal is in JSON as well (RFC 6749, 5.2)."""
        return await self._ask("POST", form.url, form.headers, form.body)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str] | None, body: str | None = None
    ) -> tuple[int, Any]:
        try:
            async with self._session.request(method, url, headers=headers, data=body, allow_redirects=False) as answer:
                return answer.status, json.loads(await _read(answer))
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError):
            raise _away() from None


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for piece in answer.content.iter_chunked(65_536):
        content += piece
        if len(content) > LARGEST_ANSWER:
            raise ValueError
    return bytes(content)


def _away() -> Unavailable:
    return Unavailable("The sign-in service cannot be reached at the moment. Try again shortly.")


def new_session() -> aiohttp.ClientSession:
    """A session that keeps no cookies and uses no proxy of the environment."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=SECONDS), trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
    )
