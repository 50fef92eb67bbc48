"""What people who watch a workbook are told, as values. Each is one frame of the live socket."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from gridos.grid import CellRange, CellRef, Edit, Outline, Shifted, Shown, Style
from gridos.live.asking import LongCall
from gridos.workbooks import Person, Workbook


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as people are told of it: what was typed, what it shows, and how it looks."""

    ref: CellRef
    input: str
    shown: Shown
    style: Style | None = None


# Compared by identity, and without slots: what many are told is encoded once, and remembered by a weak reference.


@dataclass(frozen=True, eq=False)
class Picture:
    """The whole workbook, for somebody who begins. Sorting its cells takes a while, so `cells` does it when asked."""

    seq: int
    workbook: Workbook
    outline: Outline
    cells: Callable[[], Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Layout:
    """What a batch did besides cells: the rows and columns that moved, in this order, and the outline since."""

    shifts: Sequence[Shifted]
    outline: Outline


@dataclass(frozen=True, eq=False)
class Changes:
    """
    One acknowledged batch of edits, and every cell that holds or shows something else since.

    The cells say where everything is afterwards; `layout`, when it is another one, how it came there.
    """

    seq: int
    by: UUID | None
    edits: Sequence[Edit]
    cells: Sequence[Cell]
    layout: Layout | None = None


@dataclass(frozen=True, eq=False)
class Values:
    """Cells that show something else although nobody edited: answers arrived."""

    cells: Sequence[Cell]


@dataclass(frozen=True, eq=False)
class Progress:
    """
    How many calls are under way, and how many were answered since there were none.

    `longest` is the one that has read most, of those that tell how far they are.
    """

    pending: int
    done: int
    longest: LongCall | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who watches, and what they have selected, if they have told."""

    person: Person
    place: CellRange | None


@dataclass(frozen=True, eq=False)
class Presence:
    """Everybody who watches through this server process, once each."""

    people: Sequence[Present]


@dataclass(frozen=True, eq=False)
class Description:
    """What a workbook is called, and how often its calls are asked again by themselves."""

    title: str
    refresh_minutes: int | None


@dataclass(frozen=True, eq=False)
class Ack:
    """An edit is stored. Its `Changes` came before."""

    id: UUID
    seq: int


@dataclass(frozen=True, eq=False)
class Refusal:
    """A frame was not accepted, and nothing was changed. `id` is that of its edit, if it has one."""

    id: UUID | None
    code: str
    message: str


News: TypeAlias = Picture | Changes | Values | Progress | Presence | Description | Ack | Refusal
