r"""
Regular expressions in linear time: a person's pattern must not be able to hold up a workbook.

A pattern becomes a program whose alternatives advance through the text side by side (Thompson 1968, with Pike's
groups), so there is nothing to go back to. Understood: literals, `.`, classes, `\\d \\w \\s` and their opposites,
`\\b ^ $`, groups `( )` and `(?: )`, `|`, and `* + ? {m,n}` with their lazy forms. Look-around and references back to a
group are refused: they are what cannot be linear.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

MAX_PROGRAM = 2_000
MAX_STEPS = 500_000


class BadPattern(Exception):
    """The pattern cannot be read, or the search would take too long."""


class Take(NamedTuple):
    """Go on when the next character fits."""

    fits: Callable[[str], bool]


class Split(NamedTuple):
    """Go on at both places, the first one preferred."""

    first: int
    second: int


class Save(NamedTuple):
    """Remember the position: where a group starts or ends."""

    slot: int


class Check(NamedTuple):
    """Go on when the position is of this kind."""

    kind: Literal["^", "$", "b", "B"]


class Accept(NamedTuple):
    """The pattern is found."""


Step: TypeAlias = Take | Split | Save | Check | Accept
Fragment: TypeAlias = list[Step]
"""Steps whose jumps count from the fragment's own start."""

Spans: TypeAlias = tuple[tuple[int, int] | None, ...]
"""Where a match lies, then each of its groups; None for a group that took no part."""


@dataclass
class Pattern:
    """A pattern, ready to search with. Its steps over all searches are counted: it is for one cell."""

    program: Fragment
    groups: int
    steps: int = field(default=0)

    def search(self, text: str, start: int = 0) -> Spans | None:
        """The leftmost match from `start` on; among those of one start the one the pattern prefers."""
        found: tuple[int, ...] | None = None
        threads: dict[int, tuple[int, ...]] = {}
        for position in range(start, len(text) + 1):
            if found is None:
                self._follow(threads, 0, (-1,) * (2 * self.groups + 2), position, text)
            if not threads:
                break
            threads, accepted = self._advance(threads, position, text)
            found = accepted or found
        return None if found is None else _spans(found)

    def find_all(self, text: str) -> Iterator[Spans]:
        """Every match from left to right; they do not overlap."""
        position = 0
        while position <= len(text) and (spans := self.search(text, position)):
            start, end = spans[0] or (position, position)
            yield spans
            position = end if end > start else end + 1

    def _advance(
        self, threads: dict[int, tuple[int, ...]], position: int, text: str
    ) -> tuple[dict[int, tuple[int, ...]], tuple[int, ...] | None]:
        following: dict[int, tuple[int, ...]] = {}
        for at, saved in threads.items():
            step = self.program[at]
            if isinstance(step, Accept):
                return following, saved  # what comes after is less preferred
            if isinstance(step, Take) and position < len(text) and step.fits(text[position]):
                self._follow(following, at + 1, saved, position + 1, text)
        return following, None

    def _follow(
        self, threads: dict[int, tuple[int, ...]], at: int, saved: tuple[int, ...], position: int, text: str
    ) -> None:
        waiting = [(at, saved)]
        while waiting:
            at, saved = waiting.pop()
            if at in threads:
                continue
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise BadPattern
            threads[at] = saved
            match self.program[at]:
                case Split(first, second):
                    waiting += (second, saved), (first, saved)
                case Save(slot):
                    waiting.append((at + 1, (*saved[:slot], position, *saved[slot + 1 :])))
                case Check(kind) if _holds(kind, text, position):
                    waiting.append((at + 1, saved))
                case _:
                    pass


def _spans(saved: tuple[int, ...]) -> Spans:
    return tuple((saved[at], saved[at + 1]) if saved[at + 1] >= 0 else None for at in range(0, len(saved), 2))


def _holds(kind: str, text: str, position: int) -> bool:
    if kind == "^":
        return position == 0
    if kind == "$":
        return position == len(text)
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return (before != after) == (kind == "b")


def _not_a_line_end(character: str) -> bool:
    return character != "\n"


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def compiled(pattern: str, *, ignore_case: bool = False) -> Pattern:
    """Read a pattern; BadPattern when it cannot be read or is too large."""
    parser = _Parser(pattern, ignore_case)
    body = parser.alternatives()
    if parser.rest:
        raise BadPattern
    return Pattern([Save(0), *_shifted(body, 1), Save(1), Accept()], parser.groups)


def _shifted(fragment: Fragment, by: int) -> Fragment:
    return [Split(step.first + by, step.second + by) if isinstance(step, Split) else step for step in fragment]


def _joined(*fragments: Fragment) -> Fragment:
    steps: Fragment = []
    for fragment in fragments:
        steps += _shifted(fragment, len(steps))
        if len(steps) > MAX_PROGRAM:
            raise BadPattern
    return steps


def _jump(to: int) -> Split:
    return Split(to, to)


_CLASSES: dict[str, Callable[[str], bool]] = {"d": str.isdecimal, "w": _is_word, "s": str.isspace}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}


class _Parser:
    """Reads a pattern from left to right; `rest` is what is not read yet."""

    def __init__(self, pattern: str, ignore_case: bool) -> None:  # noqa: FBT001 -- private
        self.rest = pattern
        self.groups = 0
        self._ignore_case = ignore_case

    def alternatives(self) -> Fragment:
        """Everything up to a closing parenthesis or the end."""
        fragment = self._sequence()
        while self._took("|"):
            other = self._sequence()
            start = len(fragment) + 2
            fragment = [*_joined([Split(1, start)], fragment, []), _jump(start + len(other)), *_shifted(other, start)]
        return fragment

    def _sequence(self) -> Fragment:
        fragment: Fragment = []
        while self.rest and self.rest[0] not in "|)":
            fragment = _joined(fragment, self._repeated(self._atom()))
        return fragment

    def _atom(self) -> Fragment:
        match character := self._next():
            case "(":
                return self._group()
            case "[":
                return [Take(self._class())]
            case ".":
                return [Take(_not_a_line_end)]
            case "^" | "$":
                return [Check(character)]
            case "\\":
                return self._escaped()
            case "*" | "+" | "?":
                raise BadPattern
            case _:
                return [self._literal(character)]

    def _group(self) -> Fragment:
        if self._took("?:"):
            fragment = self.alternatives()
        elif self.rest.startswith("?"):
            raise BadPattern
        else:
            self.groups += 1
            slot = 2 * self.groups
            fragment = [Save(slot), *_shifted(self.alternatives(), 1), Save(slot + 1)]
        if not self._took(")"):
            raise BadPattern
        return fragment

    def _escaped(self) -> Fragment:
        character = self._next()
        if character in "bB":
            return [Check("b" if character == "b" else "B")]
        if fits := _class_of(character):
            return [Take(fits)]
        if character.isalnum() and character not in _CONTROLS:
            raise BadPattern
        return [self._literal(_CONTROLS.get(character, character))]

    def _class(self) -> Callable[[str], bool]:
        negated, parts = self._took("^"), list[Callable[[str], bool]]()
        while not (self.rest.startswith("]") and parts):
            parts.append(self._class_part())
        self.rest = self.rest[1:]
        return lambda found: any(fits(found) for fits in parts) != negated

    def _class_part(self) -> Callable[[str], bool]:
        low = self._next()
        if low == "\\":
            low = self._next()
            if fits := _class_of(low):
                return fits
            low = _CONTROLS.get(low, low)
        if not self.rest.startswith("-") or self.rest.startswith("-]"):
            return self._literal(low).fits
        self.rest = self.rest[1:]
        high = self._next()
        if self._ignore_case:
            return lambda found: low <= found.lower() <= high or low <= found.upper() <= high
        return lambda found: low <= found <= high

    def _literal(self, character: str) -> Take:
        folded = character.casefold()

        def fits(found: str) -> bool:
            return found == character or (self._ignore_case and found.casefold() == folded)

        return Take(fits)

    def _repeated(self, atom: Fragment) -> Fragment:
        least, most = self._bounds()
        if (least, most) == (1, 1):
            return atom
        lazy = self._took("?")
        if most is None:
            return _joined(*[atom] * least, _loop(atom, lazy=lazy))
        optional: Fragment = []
        for _ in range(most - least):
            optional = _joined([_choice(1, 1 + len(atom) + len(optional), lazy=lazy)], atom, optional)
        return _joined(*[atom] * least, optional)

    def _bounds(self) -> tuple[int, int | None]:
        for sign, bounds in {"*": (0, None), "+": (1, None), "?": (0, 1)}.items():
            if self._took(sign):
                return bounds
        inside, brace, rest = self.rest[1:].partition("}")
        low, comma, high = inside.partition(",")
        if not (self.rest.startswith("{") and brace and low.isdecimal() and (high.isdecimal() or not high)):
            return 1, 1
        self.rest = rest
        least, most = int(low[:5]), int(high[:5]) if high else None
        if max(least, most or 0) > MAX_PROGRAM or (most is not None and most < least):
            raise BadPattern
        return (least, most) if comma else (least, least)

    def _next(self) -> str:
        if not self.rest:
            raise BadPattern
        character, self.rest = self.rest[0], self.rest[1:]
        return character

    def _took(self, text: str) -> bool:
        if self.rest.startswith(text):
            self.rest = self.rest[len(text) :]
            return True
        return False


def _loop(atom: Fragment, *, lazy: bool) -> Fragment:
    return [*_joined([_choice(1, len(atom) + 2, lazy=lazy)], atom), _jump(0)]


def _choice(inside: int, behind: int, *, lazy: bool) -> Split:
    return Split(behind, inside) if lazy else Split(inside, behind)


def _class_of(letter: str) -> Callable[[str], bool] | None:
    if fits := _CLASSES.get(letter):
        return fits
    opposite = _CLASSES.get(letter.lower())
    return (lambda found: not opposite(found)) if opposite else None
