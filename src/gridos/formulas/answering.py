"""
Plugin functions as the engine calls them: pure ones run at once, live ones give the answer that is at hand.

Nothing here waits. A live function without an answer says that it is loading, and its site remembers the call.
"""

import json
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from gridos.formulas.crossing import FAILED, LOADING, checked, error, first_error, native, plain, run
from gridos.formulas.evaluation import Answer, AnswerValue, Call, Function
from gridos.formulas.sites import Sites
from gridos.grid import CellError

MAX_ARGUMENTS = 65_536
"""Characters of a live call's arguments, as JSON."""

_ALWAYS_NEW = CellError(
    "#VALUE!",
    "Would ask in every pass",
    "The arguments contain NOW, TODAY or RAND, so every edit would be a new request.",
    "Put a fixed value there.",
)
_TOO_MUCH = CellError("#VALUE!", "Arguments too large", "A connector's function was given too many cells.")
_ARGUMENTS = json.JSONEncoder(allow_nan=False)
_SHORT = 64


class Answering:
    """The table of functions, and what live calls were answered."""

    def __init__(self, functions: Mapping[str, Function], answers: Mapping[Call, Answer]) -> None:
        self.functions: Mapping[str, Function] = {}
        """By their upper-case names."""
        self._answers = dict(answers)
        self._probed: Mapping[Call, Answer] = {}
        self.install(functions)

    def install(self, functions: Mapping[str, Function]) -> None:
        """Take another table of functions."""
        self.functions = {name.upper(): function for name, function in functions.items()}

    def plugin_of(self, call: Call) -> str | None:
        """The plugin whose function is called; None when there is no such function any more."""
        function = self.functions.get(call.function)
        return function and function.plugin

    def answer(self, call: Call) -> Answer | None:
        """What is known of a call."""
        return self._probed.get(call) or self._answers.get(call)

    def unanswered(self, calls: Iterable[Call]) -> list[Call]:
        """Those of which nothing is known for good."""
        return [call for call in calls if call not in self._answers]

    def take(self, answers: Mapping[Call, Answer]) -> None:
        """Keep what live calls gave."""
        self._answers |= self._safe(answers)

    def forget(self, plugin: str) -> list[Call]:
        """Drop a plugin's answers, and say which."""
        forgotten = [call for call in self._answers if self.plugin_of(call) == plugin]
        for call in forgotten:
            del self._answers[call]
        return forgotten

    def keep_only(self, is_used: Callable[[Call], bool]) -> None:
        """Drop every other answer."""
        self._answers = {call: answer for call, answer in self._answers.items() if is_used(call)}

    @contextmanager
    def probed(self, answers: Mapping[Call, Answer]) -> Generator[None]:
        """Know these answers too, for as long as the context lasts."""
        self._probed = self._safe(answers)
        try:
            yield
        finally:
            self._probed = {}

    def _safe(self, answers: Mapping[Call, Answer]) -> dict[Call, Answer]:
        return {call: self._checked(call, answer) for call, answer in answers.items()}

    def _checked(self, call: Call, answer: Answer) -> Answer:
        if isinstance(answer.value, CellError):
            return answer
        return Answer(checked(answer.value, self.plugin_of(call) or ""), answer.stale, answer.fetched_at)

    def callback(self, function: Function, sites: Sites) -> Callable[..., object]:
        """What the engine calls for a function: its arguments, and the number of the site last."""

        def called(*arguments: Any) -> object:
            try:
                *values, site = arguments
                return self._call(function, values, site, sites)
            except Exception:  # noqa: BLE001 -- an exception's text would enter the engine's messages
                return error("Value")

        return called

    def _call(self, function: Function, values: list[Any], site: float, sites: Sites) -> object:
        number = abs(int(site))
        sites.enter(number)
        outcome = function.unavailable or first_error(values)
        if outcome is None and function.live:
            outcome = _ALWAYS_NEW if site < 0 else self._ask(function, values, number, sites)
        elif outcome is None:
            outcome = run(function, plain(values))
        if isinstance(outcome, CellError):
            if own := native(outcome):
                return own
            sites.fails(number, outcome)
            return FAILED
        return outcome

    def _ask(
        self, function: Function, values: list[Any], number: int, sites: Sites
    ) -> AnswerValue | CellError | dict[str, str]:
        call = Call(function.name.upper(), _encoded(plain(values)))
        if len(call.arguments) > MAX_ARGUMENTS:
            return _TOO_MUCH
        sites.uses(number, call)
        answer = self.answer(call)
        return LOADING if answer is None else answer.value


def _encoded(arguments: list[Any]) -> str:
    """The arguments as JSON. A thousand cells often call with few different ones, in every pass."""
    return _encoded_short(*arguments) if all(map(_is_short, arguments)) else _ARGUMENTS.encode(arguments)


@lru_cache(maxsize=4096, typed=True)
def _encoded_short(*arguments: Any) -> str:
    return _ARGUMENTS.encode(arguments)


def _is_short(argument: Any) -> bool:
    return not isinstance(argument, list) and not (isinstance(argument, str) and len(argument) > _SHORT)
