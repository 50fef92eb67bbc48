"""
What a cell shows when upstream, the connection or the plugin fails (contract, section 8).

The words are fixed: none repeats an address, a header, an exception or a body. Only a request's id, a scope's name and
a time come from upstream, each held to a narrow pattern.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from gridos.errors import GridOSError
from gridos.fetching.breaker import Opened
from gridos.grid import CellError
from gridos.plugins import Manifest, Response

LONGEST_LIMIT: Final = 3600.0
"""Seconds; whatever an upstream asks for, it is asked again after an hour. GitHub's limits reset within one."""

_LIMIT_WITHOUT_TIME: Final = 30.0
_SECONDARY_LIMIT: Final = 60.0  # GitHub: "wait for at least one minute" when it sends no time
_SECONDARY = b"secondary rate limit"
_ANY_MOMENT: Final = 1e9  # POSIX seconds of 2001; less is a span

_ACCEPTED_SCOPES = ("x-accepted-oauth-scopes", "x-accepted-github-permissions")
_NAMED_PERMISSION = re.compile(rb"['`]([a-z][a-z0-9_:.-]{2,59})['`] (?:access scope|permission|scope)\b")
_REQUEST_IDS = ("request-id", "x-request-id", "x-github-request-id")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:,;= -]{0,119}")


def not_connected(manifest: Manifest) -> CellError:
    """No way of the manifest's `connection` is complete."""
    return manifest.error(
        "AUTH",
        f"{manifest.title} is not connected",
        "The workbook's owner has not stored everything that this plugin needs.",
        "Configure the plugin, or ask the workbook's owner to.",
    )


def rejected(manifest: Manifest) -> CellError:
    """Upstream answered 401, or would not mint a token."""
    return manifest.error(
        "AUTH",
        f"{manifest.title} did not accept the secret",
        "It may be mistyped, expired or revoked.",
        "Configure the plugin with a new one, or ask the workbook's owner to.",
    )


def forbidden(manifest: Manifest, response: Response) -> CellError:
    """Upstream answered 403, and not because of a limit."""
    return manifest.error(
        "FORBIDDEN",
        f"{manifest.title} does not permit this",
        "The secret lacks a scope or permission" + _missing(response),
        f"Grant it at {manifest.title}, or store a secret that has it.",
    )


def limited(manifest: Manifest, response: Response, now: float) -> CellError:
    """Upstream asks to slow down; `retry_at` is when it may be asked again."""
    # GitHub's family says so with 403 or with x-ratelimit headers, and calls it a rate limit; others just answer 429.
    named = response.status == HTTPStatus.FORBIDDEN or any(name.startswith("x-ratelimit-") for name in response.headers)
    return manifest.error(
        "RATE_LIMIT" if named else "429",
        f"{manifest.title} asks GridOS to slow down",
        "Too many requests were sent with this connection." + _quota(response),
        "It is asked again by itself.",
        retry_at=now + limited_for(response, now),
    )


def offline(manifest: Manifest, reason: str) -> CellError:
    """Nothing came back, or not all of it."""
    return manifest.error("OFFLINE", f"{manifest.title} cannot be reached", reason, "It is tried again by itself.")


def resting(manifest: Manifest, opened: Opened) -> CellError:
    """Upstream failed so often that it is not asked for a while; `retry_at` is when it is."""
    first = datetime.fromtimestamp(opened.since, UTC)
    detail = f"{opened.failures} requests in a row have failed, the first at {first:%H:%M} UTC."
    return replace(offline(manifest, detail), retry_at=opened.until)


def senseless(manifest: Manifest, reason: str, response: Response | None = None) -> CellError:
    """An answer came that cannot be used."""
    title = f"{manifest.title} gave an answer that makes no sense"
    return manifest.error("ERROR", title, reason + (_request_id(response) if response else ""))


def stopped(manifest: Manifest) -> CellError:
    """The plugin's function raised, or returned what no cell can show."""
    detail = "The function stopped with an error of its own. The server's log names its kind."
    return manifest.error("ERROR", f"{manifest.title} could not work this out", detail)


def blocked(manifest: Manifest, detail: str) -> CellError:
    """The guard stopped it."""
    return CellError("#BLOCKED!", "GridOS stopped this call", detail, plugin=manifest.slug)


def not_opened(plugin: str, trouble: GridOSError) -> CellError:
    """The connection's secrets cannot be opened; `trouble` is one of the errors that may be shown."""
    title, action = "The connection cannot be opened", "It is tried again by itself."
    return CellError("#VAULT!", title, str(trouble), action, plugin=plugin)


def is_limit(response: Response) -> bool:
    """Whether this status means "not so fast"; a 403 does if its headers or GitHub's own words say so."""
    if response.status == HTTPStatus.FORBIDDEN:
        headers = response.headers
        spent = headers.get("x-ratelimit-remaining") == "0"
        return spent or "retry-after" in headers or _SECONDARY in response.body.lower()
    return response.status == HTTPStatus.TOO_MANY_REQUESTS


def is_spent(response: Response, now: float) -> bool:
    """Whether this was the last request, in GitHub's way of counting, until a moment that it names."""
    headers = response.headers
    if headers.get("x-ratelimit-remaining") != "0" or headers.get("x-ratelimit-resource", "core") != "core":
        return False
    return (_reset(headers, now) or 0.0) > now


def limited_for(response: Response, now: float) -> float:
    """Seconds until upstream may be asked again."""
    return min(max(_retry_at(response, now) - now, 1.0), LONGEST_LIMIT)


def of_status(manifest: Manifest, response: Response, now: float) -> CellError | None:
    """What a status means; None for success."""
    match response.status:
        case status if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return None
        case _ if is_limit(response):
            return limited(manifest, response, now)
        case HTTPStatus.UNAUTHORIZED:
            return rejected(manifest)
        case HTTPStatus.FORBIDDEN:
            return forbidden(manifest, response)
        case status if status < HTTPStatus.BAD_REQUEST:
            return senseless(manifest, "It answered with a redirect, which GridOS never follows.", response)
        case status:
            title = f"{manifest.title} answered with the status {status}"
            return manifest.error(str(status), title, _request_id(response).strip())


def of_file(manifest: Manifest, response: Response, now: float) -> CellError | None:
    """What the status of a file's host means; a part of a file is no success, and nobody's secret was refused."""
    match response.status:
        case HTTPStatus.OK:
            return None
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN if not is_limit(response):
            title = f"{manifest.title} does not give its file away"
            return manifest.error(str(response.status), title, "The file's address may have expired.")
        case _:
            return of_status(manifest, response, now) or senseless(
                manifest, "It sent only a part of its file.", response
            )


def _missing(response: Response) -> str:
    """What upstream says would do: in a header, as GitHub, or quoted in its message, as Stripe and Shopify."""
    for header in _ACCEPTED_SCOPES:
        if scopes := _safe(response.headers.get(header, "")):
            return f". Any of these would do: {scopes}."
    named = _NAMED_PERMISSION.search(response.body)
    return f": {named[1].decode()}." if named else "."


def _quota(response: Response) -> str:
    """What is left of how many, where upstream tells: GitHub's limits on bursts come while much is left."""
    left, limit = (_number(response.headers, f"x-ratelimit-{name}") for name in ("remaining", "limit"))
    return "" if left is None or limit is None else f" Of {limit:,.0f} in all, {left:,.0f} are left."


def _retry_at(response: Response, now: float) -> float:
    after = response.headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", after):
        return now + float(after)
    if after and (moment := _moment(after)):
        return moment
    if response.headers.get("x-ratelimit-remaining") == "0":
        return _reset(response.headers, now) or now + _SECONDARY_LIMIT
    return now + (_SECONDARY_LIMIT if _SECONDARY in response.body.lower() else _LIMIT_WITHOUT_TIME)


def _moment(date: str) -> float | None:
    """An HTTP date (RFC 9110, section 5.6.7) in POSIX seconds."""
    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _reset(headers: Mapping[str, str], now: float) -> float | None:
    """GitHub names the moment in POSIX seconds; others say in how many seconds it is."""
    reset = _number(headers, "x-ratelimit-reset")
    return now + reset if reset is not None and reset < _ANY_MOMENT else reset


def _number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name, "")
    return float(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def _request_id(response: Response) -> str:
    found = next((response.headers[name] for name in _REQUEST_IDS if name in response.headers), "")
    return f" Its request id is {found}." if _safe(found) else ""


def _safe(text: str) -> str:
    return text if _SAFE.fullmatch(text) else ""
