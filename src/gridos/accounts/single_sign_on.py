"""Signing in through the operator's OpenID Connect provider: there, and back again."""

import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from gridos.accounts.provider import Attempt, Provider
from gridos.accounts.service import Accounts, Browser, NewSession
from gridos.errors import SignInLost

ATTEMPT_SECONDS: Final = 600
HOME: Final = "/"
# A browser takes `//host` and `/\host` for other sites, and drops tabs and line ends before it looks.
_OWN_PAGE = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}")
_SEALED = {"alg": "dir", "enc": "A256GCM"}


class SingleSignOn:
    """
    Begins sign-ins and ends them.

    What is known of one under way goes into a cookie of the browser that began it, sealed, so that any process may end
    it and no other browser can.
    """

    def __init__(
        self,
        provider: Provider,
        accounts: Accounts,
        *,
        issuer: str,
        client_secret: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = urlsplit(issuer).netloc
        self._provider = provider
        self._accounts = accounts
        self._key = OctKey.import_key(hmac.digest(client_secret.encode(), b"gridos/oidc-attempt/v1", sha256))
        self._clock = clock

    async def begin(self, destination: str) -> tuple[str, str]:
        """Where to send the browser, and what it has to bring back; `destination` is the page to show in the end."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        attempt = Attempt(state, nonce, verifier, destination if _OWN_PAGE.fullmatch(destination) else HOME)
        return await self._provider.authorization_url(attempt), self._seal(attempt)

    def find_attempt(self, sealed: str | None) -> Attempt | None:
        """What a browser brought back; None when it is not ours, or too old."""
        try:
            text = jwe.decrypt_compact(sealed or "", self._key).plaintext or b""
            until, members = json.loads(text)
        except (JoseError, ValueError):
            return None
        return Attempt(**members) if self._clock() < until else None

    async def finish(self, attempt: Attempt | None, answer: Mapping[str, str], browser: Browser) -> NewSession:
        """
        Sign in whom the provider sent back, with the query of the address it sent them to.

        Raises SignInLost for a state that this browser did not begin with, and what Provider and Accounts raise.
        """
        if attempt is None or not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise SignInLost
        return await self._accounts.sign_in_as(await self._provider.read(answer, attempt), browser=browser)

    def _seal(self, attempt: Attempt) -> str:
        content = json.dumps([self._clock() + ATTEMPT_SECONDS, asdict(attempt)])
        return jwe.encrypt_compact(_SEALED, content.encode(), self._key)
