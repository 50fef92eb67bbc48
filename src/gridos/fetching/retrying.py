"""Sends a request again when it failed for a reason that passes; only requests that change nothing come here."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import stamina

from gridos.fetching import failures
from gridos.fetching.upstream import Unreachable
from gridos.plugins import Response

IN_ALL: Final = 30.0
"""Seconds of sending, and of waiting for a limit to end, after which a request is not sent again."""

_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 5.0
_JITTER: Final = 1.0
_PASSING: Final = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}

# By itself the library would log and count the exceptions that made it wait. Ours are counted where they end.
stamina.instrumentation.set_on_retry_hooks([])


class _Passing(Exception):
    """Carries an answer that is likely to be another one soon."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class Tries:
    """
    The tries of one request.

    `may_repeat` is asked after each failure. `sending` measures a try without the wait for its turn.
    """

    def __init__(self, most: int, clock: Callable[[], float], may_repeat: Callable[[], bool]) -> None:
        self._most = most
        self._clock = clock
        self._may_repeat = may_repeat
        self._spent = 0.0

    @contextmanager
    def sending(self) -> Generator[None]:
        """Count the seconds of this block."""
        started = self._clock()
        try:
            yield
        finally:
            self._spent += self._clock() - started

    async def run(self, send: Callable[[], Awaitable[Response]]) -> Response:
        """The first answer that will do, else the last there was; Unreachable if that is none."""
        tries = stamina.retry_context(
            self._again,
            attempts=self._most,
            timeout=None,  # it would count the wait for a turn
            wait_initial=_FIRST_WAIT,
            wait_max=_LONGEST_WAIT,
            wait_jitter=_JITTER,
        )
        try:
            async for attempt in tries:
                with attempt:
                    return _checked(await send())
        except _Passing as passing:
            return passing.response
        raise AssertionError("the last try returns or raises")

    def _again(self, failure: BaseException) -> bool | float:
        """Whether to try again, or after how many seconds; a call that was given up is no failure to mend."""
        if not isinstance(failure, Unreachable | _Passing) or self._spent >= IN_ALL or not self._may_repeat():
            return False
        if isinstance(failure, _Passing) and failures.is_limit(failure.response):
            self._spent += failures.limited_for(failure.response, self._clock())
            return 0.0 if self._spent <= IN_ALL else False  # the connection's queue waits for the limit's end
        return True


def _checked(response: Response) -> Response:
    if response.status in _PASSING or failures.is_limit(response):
        raise _Passing(response)
    return response
