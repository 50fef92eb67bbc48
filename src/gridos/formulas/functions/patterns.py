"""REGEXTEST, REGEXEXTRACT and REGEXREPLACE."""

from collections.abc import Callable, Mapping
from typing import Any

from gridos.formulas.functions.matching import BadPattern, Pattern, Spans, compiled
from gridos.formulas.functions.refusing import Refusal, text, whole
from gridos.formulas.functions.texts import elementwise

MAX_PATTERN_LENGTH = 1_000
_FIRST, _ALL, _GROUPS = 0, 1, 2


def _pattern(given: Any, case: Any) -> Pattern:
    source = text(given)
    if len(source) > MAX_PATTERN_LENGTH:
        raise Refusal("Value")
    try:
        return compiled(source, ignore_case=whole(case) == 1)
    except (BadPattern, RecursionError):
        raise Refusal("Value") from None


def _matches(pattern: Pattern, source: str, limit: int | None = None) -> list[Spans]:
    try:
        found: list[Spans] = []
        for spans in pattern.find_all(source):
            found.append(spans)
            if len(found) == limit:
                break
    except BadPattern:
        raise Refusal("Value") from None
    return found


@elementwise
def regextest(given: Any, pattern: Any, case: Any = None) -> bool:
    """Whether a pattern is found anywhere in a text."""
    return bool(_matches(_pattern(pattern, case), text(given), limit=1))


def regexextract(given: Any, pattern: Any, mode: Any = None, case: Any = None) -> Any:
    """What a pattern finds: the first match, all of them, or the groups of the first."""
    source, wanted = text(given), whole(mode)
    found = _matches(_pattern(pattern, case), source, limit=None if wanted == _ALL else 1)
    if wanted not in {_FIRST, _ALL, _GROUPS}:
        raise Refusal("Value")
    if not found:
        raise Refusal("Na")
    if wanted == _ALL:
        return [[_cut(source, spans, 0)] for spans in found]
    if wanted == _GROUPS and len(found[0]) > 1:
        return [[_cut(source, found[0], group) for group in range(1, len(found[0]))]]
    return _cut(source, found[0], 0)


@elementwise
def regexreplace(given: Any, pattern: Any, replacement: Any, occurrence: Any = None, case: Any = None) -> str:
    """A text with a pattern's matches replaced: all, or one counted from the start or (negative) the end."""
    source, template, which = text(given), text(replacement), whole(occurrence)
    found = _matches(_pattern(pattern, case), source)
    if which:
        found = found[which - 1 : which] if which > 0 else found[which : len(found) + which + 1]
    parts, done = list[str](), 0
    for spans in found:
        start, end = spans[0] or (done, done)
        parts += source[done:start], _filled(template, source, spans)
        done = end
    return "".join([*parts, source[done:]])


def _cut(source: str, spans: Spans, group: int) -> str:
    span = spans[group]
    return source[span[0] : span[1]] if span else ""


def _filled(template: str, source: str, spans: Spans) -> str:
    """The replacement with `$1` … `$9` and `$0` filled in; `$$` is a dollar sign."""
    first, *others = template.split("$")
    parts, escaped = [first], False
    for part in others:
        if escaped:
            parts.append(part)
            escaped = False
        elif not part:
            parts.append("$")
            escaped = True
        elif part[0].isdecimal() and int(part[0]) < len(spans):
            parts += _cut(source, spans, int(part[0])), part[1:]
        else:
            parts += "$", part
    return "".join(parts)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "REGEXTEST": regextest,
    "REGEXEXTRACT": regexextract,
    "REGEXREPLACE": regexreplace,
}
"""The formulas of these names, with Excel's arguments."""
