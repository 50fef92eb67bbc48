"""The one table from what was refused to an HTTP status, and the bodies that say so without an echo."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from gridos import errors

# The first class that fits decides, so the narrower ones come first.
STATUS: dict[type[errors.GridOSError], int] = {
    errors.SignInRequired: 401,
    errors.SignInFailed: 401,
    errors.AddressTaken: 409,
    errors.TooManyTries: 429,
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.BadInvite: 400,
    errors.Refused: 422,
    errors.EditsCollide: 409,
    errors.EnvelopeRefused: 409,
    errors.NothingToRestore: 409,
    errors.Unavailable: 503,
}

# Pydantic's own messages may quote what was sent; these never do.
SENTENCES = {
    "missing": "This member is missing.",
    "string_type": "This must be a text.",
    "json_invalid": "The body is not JSON.",
    "extra_forbidden": "A member is not known here.",
}


class Fault(BaseModel):
    """One member of a request that is not accepted: where it is, and what is wrong with it."""

    loc: list[str]
    msg: str


class VaultLockedBody(BaseModel):
    """The vault's own refusal, for programs."""

    code: Literal["vault_locked"]
    message: str


class Refusal(BaseModel):
    """Why a request was refused: a sentence, or what is wrong with each member. `seq` comes with colliding edits."""

    detail: str | list[Fault] | VaultLockedBody
    seq: int | None = None


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": "It is refused, and nothing has changed."} for status in (422, "default")
}
"""How every route may refuse, for the description of the API. FastAPI would describe 422 otherwise."""


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error as `{"detail": …}`."""
    app.add_exception_handler(errors.GridOSError, refuse)
    app.add_exception_handler(RequestValidationError, refuse_body)
    app.add_exception_handler(HTTPException, refuse_http)
    app.add_exception_handler(Exception, refuse_unexpected)


async def refuse(_request: Request, error: Exception) -> JSONResponse:
    """Answer one of our own errors with its sentence."""
    assert isinstance(error, errors.GridOSError)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    return JSONResponse(_body(error), status, headers=_headers(error))


def _body(error: errors.GridOSError) -> dict[str, object]:
    match error:
        case errors.VaultLocked():
            return {"detail": {"code": "vault_locked", "message": str(error)}}
        case errors.EditsCollide(seq=seq):
            return {"detail": str(error), "seq": seq}
        case _:
            return {"detail": str(error)}


def _headers(error: errors.GridOSError) -> dict[str, str]:
    match error:
        case errors.SignInRequired():
            return {"WWW-Authenticate": "Bearer"}
        case errors.ScopeMissing():
            return {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}  # RFC 6750, 3.1
        case errors.TooManyTries() | errors.Unavailable():
            return {"Retry-After": "60" if isinstance(error, errors.TooManyTries) else "5"}
        case _:
            return {}


async def refuse_body(_request: Request, error: Exception) -> JSONResponse:
    """
    Say which member of a body is wrong, and how.

    Pydantic's default answer repeats the value and, below the second place of `loc`, names the sender chose.
    """
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"detail": [_fault(fault["type"], fault["loc"]) for fault in error.errors()]}, 422)


def _fault(kind: str, location: Sequence[int | str]) -> dict[str, object]:
    # An unknown member's name is the sender's own words as well.
    known = location[:1] if kind == "extra_forbidden" else location[:2]
    return {"loc": [str(part) for part in known], "msg": SENTENCES.get(kind, "Not accepted.")}


async def refuse_http(_request: Request, error: Exception) -> JSONResponse:
    """Answer the framework's own refusals. Its 400 means a body that cannot be read, which is our 422."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return JSONResponse({"detail": "The body is not JSON in UTF-8."}, HTTPStatus.UNPROCESSABLE_ENTITY)
    return JSONResponse({"detail": error.detail}, error.status_code, headers=error.headers)


async def refuse_unexpected(_request: Request, _error: Exception) -> JSONResponse:
    """Answer a mistake of ours. The server's log has the traceback; the browser gets none."""
    return JSONResponse({"detail": "Something went wrong in GridOS. The server's log says what."}, 500)
