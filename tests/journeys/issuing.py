"""An issuer of sign-in tokens that a server trusts through GRIDOS_JWT_SECRET."""

import time
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import OctKey

from tests.journeys.running import Person, Process

JWT_SECRET = "a-secret-that-only-the-issuer-knows"


def bearer(name: str) -> dict[str, str]:
    """The header of a new user whose address nobody else has."""
    user = str(uuid4())
    claims = {
        "sub": user,
        "email": f"{name}-{user}@example.com",
        "aud": "authenticated",
        "exp": int(time.time()) + 3600,
    }
    return {"authorization": f"Bearer {jwt.encode({'alg': 'HS256'}, claims, OctKey.import_key(JWT_SECRET))}"}


def newcomer(process: Process, name: str = "ada") -> Person:
    """Somebody who has never been here before."""
    return process.person(**bearer(name))
