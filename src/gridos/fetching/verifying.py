"""
Proves a connection by the request that its manifest names for this, and finds out what it may not do.

The proof takes the way of every call: the same guard, the same injection, the same limits on what may be shown. Only
answers are neither merged nor kept, since a test that repeats an older answer tests nothing.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Literal, cast
from uuid import uuid4

from gridos.fetching import failures
from gridos.fetching.deadline import Deadline
from gridos.fetching.gateway import Gateway
from gridos.fetching.holding import holding, secrets_of
from gridos.fetching.http import CallHttp
from gridos.fetching.injecting import begins
from gridos.fetching.scanning import Scanner
from gridos.grid import CellError
from gridos.plugins import Manifest, OpenConnection, Response, UpstreamError, VerifySpec
from gridos.secret import Secret

LONGEST_ACCOUNT: Final = 200
"""Characters; what is longer is no name."""


@dataclass(frozen=True, slots=True)
class Proof:
    """
    What a test found out.

    `health` is None when it could not tell: upstream was not reached, asked to wait, or made no sense. `account` is
    whom upstream takes the secrets for, in its own words: plain text, never markup.
    """

    health: Literal["connected", "needs_attention"] | None
    message: str
    account: str | None = None


def rejection(manifest: Manifest) -> str:
    """The sentence for a connection that upstream answers with 401, whoever met it."""
    return _sentence(failures.rejected(manifest))


async def prove(manifest: Manifest, opened: OpenConnection, gateway: Gateway) -> Proof:
    """Send the manifest's `verify`. Nothing is raised for what upstream does, and nothing shown holds a secret."""
    if manifest.verify is None or manifest.connection is None:
        return Proof(None, f"{manifest.title} names no request to test a connection with.")
    if why := gateway.limiter.pause_of(opened.ref.id):
        return _refused(why)
    # An id of its own: no token, pause or answer of the kept connection is used, and none is left behind.
    alone = replace(opened, ref=replace(opened.ref, id=uuid4()))
    secrets = partial(secrets_of, manifest, alone, gateway.tokens)
    try:
        with holding(alone, secrets):
            proof = _noted(manifest.verify, opened, await _ask(manifest, manifest.verify, alone, gateway))
            return _without_secrets(manifest, secrets(), proof)
    finally:
        gateway.forget(alone.ref.id)


def _noted(verify: VerifySpec, opened: OpenConnection, proof: Proof) -> Proof:
    """With what the manifest tells of such values, where they work."""
    if proof.health != "connected":
        return proof
    notes = [one.note for one in verify.notes if begins(opened.secrets.get(one.key), one.begins)]
    return replace(proof, message=" ".join([proof.message, *notes]))


async def _ask(manifest: Manifest, verify: VerifySpec, opened: OpenConnection, gateway: Gateway) -> Proof:
    deadline = Deadline(gateway.patience.request)
    http = CallHttp(manifest, opened, gateway, deadline, patient=False)
    try:
        return await deadline.bound(_prove(manifest, verify, http, gateway.clock))
    except TimeoutError:
        return _refused(failures.offline(manifest, "It did not answer in time."))
    except UpstreamError as stopped:
        return _refused(stopped.error)


async def _prove(manifest: Manifest, verify: VerifySpec, http: CallHttp, clock: Callable[[], float]) -> Proof:
    response = await http.request("GET" if verify.body is None else "POST", verify.path, json=verify.body)
    if response.status in verify.connected_on and not failures.is_limit(response):
        return Proof("connected", f"Connected to {manifest.title}.")
    denied = [verify.permission] if verify.permission and _is_denied(response) else []
    if not denied and (error := failures.of_status(manifest, response, clock())):
        return _refused(error, response.status)
    if not denied and (proof := _accepted(manifest, verify, response, [])).health is None:
        return proof
    answers = await _all([http.request("GET", one.path) for one in verify.permissions])
    for one, answer in zip(verify.permissions, answers, strict=True):
        if _is_denied(answer):
            denied.append(one.permission)
        elif error := failures.of_status(manifest, answer, clock()):
            return _refused(error, answer.status)
    denied = list(dict.fromkeys(denied))
    if _is_denied(response):
        return _connected(manifest, None, denied)
    return _accepted(manifest, verify, response, denied)


async def _all(requests: Sequence[Coroutine[Any, Any, Response]]) -> Sequence[Response]:
    """Every answer, in order; the first failure when all have ended."""
    answers = await asyncio.gather(*requests, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return cast("list[Response]", answers)


def _is_denied(response: Response) -> bool:
    return response.status == HTTPStatus.FORBIDDEN and not failures.is_limit(response)


def _accepted(manifest: Manifest, verify: VerifySpec, response: Response, denied: Sequence[str]) -> Proof:
    """A success proves nothing unless it is what the manifest expects: an error page may have the status 200."""
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError):
        return _refused(failures.senseless(manifest, "It is not JSON.", response))
    if verify.account is None:
        return _connected(manifest, None, denied)
    account = _text_at(answer, verify.account)
    if account is None:
        return _refused(failures.senseless(manifest, "It does not say whom the secret belongs to.", response))
    return _connected(manifest, account, [*_missing(answer, verify), *denied])


def _connected(manifest: Manifest, account: str | None, missing: Sequence[str]) -> Proof:
    whom = f"{manifest.title} as {account}" if account else manifest.title
    if missing:
        return Proof("needs_attention", f"Connected to {whom}, but without {', '.join(missing)}.", account)
    return Proof("connected", f"Connected to {whom}.", account)


def _missing(answer: object, verify: VerifySpec) -> list[str]:
    """The wanted permissions that the answer does not list, in words."""
    if verify.granted is None:
        return []
    listed = _found_at(answer, verify.granted.at.split("."))
    return [any_of[0] for any_of in verify.granted.wanted if not any(one in listed for one in any_of)]


def _found_at(answer: object, path: Sequence[str]) -> list[object]:
    """Everything at a dotted path; a list on the way stands for each of its entries."""
    if isinstance(answer, list):
        return [found for entry in cast("list[object]", answer) for found in _found_at(entry, path)]
    if not path:
        return [answer]
    return _found_at(cast("Mapping[str, Any]", answer).get(path[0]), path[1:]) if isinstance(answer, dict) else []


def _text_at(answer: object, path: str) -> str | None:
    for member in path.split("."):
        answer = cast("Mapping[str, Any]", answer).get(member) if isinstance(answer, dict) else None
    if not isinstance(answer, str | int) or isinstance(answer, bool):
        return None
    text = " ".join("".join(one if one.isprintable() else " " for one in str(answer)).split())
    return text if 0 < len(text) <= LONGEST_ACCOUNT else None


def _refused(error: CellError, status: int = 0) -> Proof:
    """A refusal of what was sent needs somebody's attention; trouble on the way, or on their side, passes."""
    is_theirs = error.retry_at is not None or not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    is_ours = error.code == "#BLOCKED!" or error.code.endswith("_AUTH!")  # the guard, or a token that was not minted
    return Proof(None if is_theirs and not is_ours else "needs_attention", _sentence(error))


def _sentence(error: CellError) -> str:
    when = f"Try again after {datetime.fromtimestamp(error.retry_at, UTC):%H:%M:%S} UTC." if error.retry_at else ""
    return " ".join(part for part in (f"{error.title}.", error.detail, when) if part)


def _without_secrets(manifest: Manifest, secrets: list[Secret], proof: Proof) -> Proof:
    if not Scanner(secrets).finds([[proof.message, proof.account]]):
        return proof
    return _refused(failures.blocked(manifest, "Its answer contained one of the connection's secrets."))
