"""Edits beyond typing: what they do to a book, and that each can be taken back."""

from collections.abc import Sequence
from typing import Any

import pytest

from gridos.errors import BadEdit
from gridos.grid import (
    Book,
    CellRef,
    Edit,
    Sheet,
    Style,
    edit_from_json,
    edit_to_json,
    history_from_json,
    history_to_json,
)
from gridos.grid.history import MAX_IMAGES

ADA, BEN = "ada", "ben"


class Desk:
    """A book several people edit, in JSON."""

    def __init__(self, *sheets: str) -> None:
        self.book = Book([Sheet(name) for name in sheets or ("Sheet1",)])
        self.seq = 0
        self.log: list[tuple[str, Sequence[Edit]]] = []

    def do(self, *edits: dict[str, Any], by: str = ADA) -> None:
        """Apply one batch."""
        plan = self.book.plan(self.book.resolve([edit_from_json({"sheet": "Sheet1"} | one) for one in edits], by))
        self.seq += 1
        self.log.append((by, plan.edits))
        self.book.commit(plan, self.seq, by)

    def type(self, by: str = ADA, **inputs: str) -> None:
        """Type into the first sheet."""
        self.do(*({"op": "set", "cell": cell, "input": typed} for cell, typed in inputs.items()), by=by)

    def undo(self, by: str = ADA) -> None:
        """Take back the person's newest batch."""
        self.do({"op": "undo"}, by=by)

    def redo(self, by: str = ADA) -> None:
        """Repeat what the person took back last."""
        self.do({"op": "redo"}, by=by)

    def inputs(self, sheet: str = "Sheet1") -> dict[str, str]:
        """What is typed on a sheet."""
        return {cell.a1: typed for cell, typed in self.book.inputs.items() if cell.sheet == sheet}

    def state(self) -> dict[str, Any]:
        """Everything but the history, with no order where none matters."""
        state = self.book.to_json()
        state["styled"] = {(sheet, a1): state["styles"][index] for sheet, a1, index in state["styled"]}
        for member in ("merges", "sizes"):
            state[member] = sorted(state[member])
        return state | {"styles": None}


FORMAT = {"op": "format", "range": "A1:B3", "style": {"bold": True, "color": "#FF0000"}}
EVERYTHING = [
    {"op": "set", "cell": "C9", "input": "=SUM(A1:A5)"},
    {"op": "clear", "range": "A:A"},
    FORMAT,
    {"op": "format", "range": "A:A", "style": {"bold": None, "number_format": "0.00"}},
    {"op": "insert_rows", "at": 2, "count": 3},
    {"op": "insert_columns", "at": 1, "count": 1},
    {"op": "delete_rows", "at": 2, "count": 2},
    {"op": "delete_rows", "at": 1, "count": 100_000},
    {"op": "delete_columns", "at": 1, "count": 1},
    {"op": "add_sheet", "name": "Third"},
    {"op": "rename_sheet", "name": "It's data"},
    {"op": "rename_sheet", "name": "SHEET1"},
    {"op": "move_sheet", "to": 2},
    {"op": "delete_sheet"},
    {"op": "delete_sheet", "sheet": "Other"},
    {"op": "merge", "range": "A1:B2"},
    {"op": "merge", "range": "C4:E9"},
    {"op": "unmerge", "range": "D5"},
    {"op": "resize", "columns": "B:D", "size": 120},
    {"op": "resize", "rows": 2, "size": None},
    {"op": "freeze", "rows": 1, "columns": 2},
    {"op": "define_name", "name": "Tax", "refers_to": "Sheet1!A1"},
    {"op": "define_name", "name": "RATE", "refers_to": "=0.2"},
    {"op": "delete_name", "name": "rate"},
]


def furnished() -> Desk:
    """A desk with something of everything."""
    desk = Desk("Sheet1", "Other")
    desk.type(A1="1", A2="=A1*rate", A3="=SUM(A1:A2)", A4="=Other!A1+A2", B2="x", C9="=SUM(A:A)+dangling!A1")
    desk.do({"op": "set", "sheet": "Other", "cell": "A1", "input": "='Sheet1'!A3+sheet1!$A$2+'It''s data'!A1"})
    desk.do({"op": "define_name", "name": "rate", "refers_to": "=Sheet1!A2:A4"}, FORMAT)
    desk.do({"op": "merge", "range": "D5:E6"}, {"op": "resize", "rows": "2:4", "size": 33})
    desk.do({"op": "freeze", "rows": 1, "columns": 0}, {"op": "resize", "columns": "A", "size": 12.5})
    return desk


@pytest.mark.parametrize("edit", EVERYTHING, ids=lambda edit: f"{edit['op']}")
def test_every_edit_can_be_undone_and_redone(edit: dict[str, Any]) -> None:
    """Undo gives back exactly what was, redo exactly what had become of it, as often as one likes."""
    desk = furnished()
    before = desk.state()
    desk.do(edit)
    after = desk.state()
    for _ in range(2):
        desk.undo()
        assert desk.state() | {"last_sheet_id": 0} == before | {"last_sheet_id": 0}
        desk.redo()
        assert desk.state() == after


@pytest.mark.parametrize("edit", EVERYTHING, ids=lambda edit: f"{edit['op']}")
def test_edits_survive_their_json(edit: dict[str, Any]) -> None:
    """An edit written as JSON and read back is the same edit."""
    read = edit_from_json({"sheet": "Sheet1"} | edit)
    assert edit_from_json(edit_to_json(read)) == read


def test_a_log_leads_every_process_to_the_same_book() -> None:
    """Replaying the log, also from a snapshot halfway, gives the same book with the same history."""
    desk = furnished()
    half, copied, history = desk.seq, desk.book.to_json(), history_to_json(desk.book.history)
    for edit in EVERYTHING[:8]:
        desk.do(edit)
    desk.undo()
    desk.undo()
    desk.redo()
    desk.type(by=BEN, Z1="9")
    for start, book in (
        (0, Book([Sheet("Sheet1"), Sheet("Other")])),
        (half, Book.from_json(copied, history_from_json(history))),
    ):
        for seq, (actor, edits) in enumerate(desk.log[start:], start + 1):
            book.commit(book.plan([edit_from_json(edit_to_json(edit)) for edit in edits]), seq, actor)
        assert book == desk.book


def test_a_furnished_book_survives_its_json() -> None:
    """Everything of a book is in its snapshot."""
    book = furnished().book
    assert Book.from_json(book.to_json(), history_from_json(history_to_json(book.history))) == book


def test_old_snapshots_are_still_read() -> None:
    """A snapshot from before books had more than cells gives a book whose sheets have ids."""
    book = Book.from_json({"sheets": [["One", 1000, 26], ["Two", 5, 5]], "cells": {"One": {"A1": "1"}}})
    assert [sheet.id for sheet in book.sheets] == [1, 2]
    assert book.inputs == {CellRef("One", 1, 1): "1"}


def test_undo_takes_back_only_what_its_sender_did() -> None:
    """Each person's undo takes back their own newest batch, whatever others did since."""
    desk = Desk()
    desk.type(A1="ada")
    desk.type(by=BEN, B1="ben")
    desk.undo()
    assert desk.inputs() == {"B1": "ben"}
    desk.undo(by=BEN)
    assert desk.inputs() == {}


def test_undo_refuses_what_others_changed_since() -> None:
    """A cell that somebody else wrote to is not overwritten by an undo."""
    desk = Desk()
    desk.type(A1="ada", A2="ada")
    desk.type(by=BEN, A2="ben")
    with pytest.raises(BadEdit, match="Somebody changed these cells since"):
        desk.undo()
    assert desk.inputs() == {"A1": "ada", "A2": "ben"}


def test_undo_finds_its_cells_after_somebody_inserted_rows() -> None:
    """Cells that moved meanwhile are taken back where they are now, with formulas as they read now."""
    desk = Desk()
    desk.type(A5="=A4")
    desk.type(A5="=A4+A9", B5="x")
    desk.do({"op": "insert_rows", "at": 1, "count": 2}, by=BEN)
    desk.undo()
    assert desk.inputs() == {"A7": "=A6"}
    desk.do({"op": "rename_sheet", "name": "Data"}, by=BEN)
    desk.redo()
    assert desk.inputs("Data") == {"A7": "=A6+A11", "B7": "x"}


def test_undo_works_again_after_others_took_back_their_deletion() -> None:
    """A deletion that its author took back never happened, for everybody else's undo."""
    desk = Desk()
    desk.type(A5="1")
    desk.do({"op": "delete_rows", "at": 5, "count": 1}, by=BEN)
    with pytest.raises(BadEdit):
        desk.undo()
    desk.undo(by=BEN)
    desk.undo()
    assert desk.inputs() == {}


def test_undo_of_an_insertion_never_loses_what_others_typed_there() -> None:
    """Inserted rows in which somebody else typed stay."""
    desk = Desk()
    desk.do({"op": "insert_rows", "at": 1, "count": 2})
    desk.type(by=BEN, A2="ben")
    with pytest.raises(BadEdit):
        desk.undo()
    assert desk.inputs() == {"A2": "ben"}


def test_undo_of_a_structure_refuses_after_others_moved_things() -> None:
    """Rows that somebody moved since are not put back in the wrong place."""
    desk = Desk()
    desk.do({"op": "delete_rows", "at": 3, "count": 1})
    desk.do({"op": "insert_rows", "at": 1, "count": 1}, by=BEN)
    with pytest.raises(BadEdit, match="Rows, columns or sheets"):
        desk.undo()


def test_a_new_edit_forgets_what_was_undone() -> None:
    """After a new edit there is nothing to redo, for its author alone."""
    desk = Desk()
    desk.type(A1="1")
    desk.type(by=BEN, B1="1")
    desk.undo()
    desk.undo(by=BEN)
    desk.type(A2="2")
    with pytest.raises(BadEdit, match="nothing left to redo"):
        desk.redo()
    desk.redo(by=BEN)
    assert desk.inputs() == {"A2": "2", "B1": "1"}


def test_undo_stands_alone() -> None:
    """Undo among other edits, or with nothing to undo, is refused."""
    desk = Desk()
    with pytest.raises(BadEdit, match="nothing left to undo"):
        desk.undo()
    with pytest.raises(BadEdit, match="alone"):
        desk.do({"op": "undo"}, {"op": "redo"})


def test_nobody_undoes_for_somebody_else() -> None:
    """A batch named in an undo counts for nothing: it is always the sender's own newest."""
    desk = Desk()
    desk.type(A1="ada")
    with pytest.raises(BadEdit):
        desk.do({"op": "undo", "batch": 1}, by=BEN)


def test_a_history_has_an_end() -> None:
    """When a history holds too many values its oldest batches can be taken back no longer."""
    desk = Desk()
    assert MAX_IMAGES == 200_000
    desk.do({"op": "format", "range": "A1:B99999", "style": {"bold": True}})
    desk.do({"op": "format", "range": "C1:D99999", "style": {"italic": True}})
    desk.undo()
    with pytest.raises(BadEdit):
        desk.undo()
    assert desk.book.styles[CellRef("Sheet1", 99_999, 2)] == Style(bold=True)


def test_a_batch_that_fails_halfway_changes_nothing() -> None:
    """One edit that cannot be done takes the whole batch with it."""
    desk = furnished()
    before, records = desk.state(), list(desk.book.history.records)
    with pytest.raises(BadEdit):
        desk.do(
            {"op": "insert_rows", "at": 1, "count": 1},
            {"op": "add_sheet", "name": "x"},
            {"op": "delete_name", "name": "no"},
        )
    assert desk.state() == before
    assert desk.book.history.records == records


@pytest.mark.parametrize(
    "edit",
    [
        {"op": "add_sheet", "name": ""},
        {"op": "add_sheet", "name": "x" * 32},
        {"op": "add_sheet", "name": "SHEET1"},
        {"op": "add_sheet", "name": "__calls"},
        {"op": "add_sheet", "name": "a/b"},
        {"op": "add_sheet", "name": "'a"},
        {"op": "add_sheet", "name": "a\0b"},
        {"op": "add_sheet", "name": "a\ud800"},
        {"op": "define_name", "name": "ok", "refers_to": "=1\0"},
        {"op": "rename_sheet", "name": "a[b"},
        {"op": "rename_sheet", "sheet": "Nowhere", "name": "b"},
        {"op": "delete_sheet"},
        {"op": "define_name", "name": "A1", "refers_to": "=1"},
        {"op": "define_name", "name": "R1C1", "refers_to": "=1"},
        {"op": "define_name", "name": "true", "refers_to": "=1"},
        {"op": "define_name", "name": "__x", "refers_to": "=1"},
        {"op": "define_name", "name": "a b", "refers_to": "=1"},
        {"op": "define_name", "name": "ok", "refers_to": "=A1"},
        {"op": "define_name", "name": "ok", "refers_to": "="},
        {"op": "delete_name", "name": "ok"},
        {"op": "merge", "range": "A1"},
        {"op": "merge", "range": "C3:D4"},
        {"op": "insert_rows", "at": 1, "count": 99_999},
        {"op": "insert_columns", "at": 1, "count": 999},
        {"op": "format", "range": "A1:ALK99999", "style": {"bold": True}},
    ],
)
def test_what_cannot_be_done_is_refused(edit: dict[str, Any]) -> None:
    """Excel's rules for sheets and names hold, and nothing is pushed out of a sheet."""
    desk = Desk()
    desk.type(B2="1")
    desk.do({"op": "merge", "range": "B2:C3"})
    with pytest.raises(BadEdit):
        desk.do(edit)


def test_one_batch_cannot_hold_up_everybody() -> None:
    """A batch that would look at too many cells is refused, and the same edits in parts are not."""
    desk = Desk()
    desk.do({"op": "format", "range": "A1:J999", "style": {"bold": True}})
    with pytest.raises(BadEdit, match="too much for one batch"):
        desk.do(
            *[{"op": "insert_columns", "at": 900, "count": 1}, {"op": "delete_columns", "at": 900, "count": 1}] * 200
        )
    desk.do(*[{"op": "insert_columns", "at": 900, "count": 1}, {"op": "delete_columns", "at": 900, "count": 1}])


@pytest.mark.parametrize(
    "edit",
    [
        {"op": ["set"]},
        {"op": "format", "range": "A1", "style": {"bold": "hunter2"}},
        {"op": "format", "range": "A1", "style": {"hunter2": 1}},
        {"op": "format", "range": "A1", "style": {"color": "hunter2"}},
        {"op": "format", "range": "A1", "style": {"font_size": 0}},
        {"op": "format", "range": "A1", "style": {}},
        {"op": "format", "range": "A1"},
        {"op": "insert_rows", "at": 0, "count": 1},
        {"op": "insert_rows", "at": 1, "count": True},
        {"op": "delete_columns", "at": 1, "count": 1_001},
        {"op": "move_sheet", "to": "2"},
        {"op": "resize", "size": 3},
        {"op": "resize", "rows": "A", "size": 3},
        {"op": "resize", "columns": "hunter2", "size": 3},
        {"op": "resize", "columns": "B", "size": -1},
        {"op": "resize", "columns": "B", "rows": "2", "size": 1},
        {"op": "freeze", "rows": -1, "columns": 0},
        {"op": "undo", "batch": "hunter2"},
        {"op": "hunter2"},
    ],
)
def test_misshapen_edits_are_refused_without_an_echo(edit: dict[str, Any]) -> None:
    """An edit with a wrong member is refused, and the sentence does not repeat it."""
    with pytest.raises(BadEdit) as refused:
        edit_from_json({"sheet": "Sheet1"} | edit)
    assert "hunter2" not in str(refused.value)


def test_formats_say_what_was_chosen_and_what_typing_suggests() -> None:
    """A chosen number format goes before the typed one; resetting the last member leaves no style."""
    desk = Desk()
    desk.type(A1="50%", A2="2025-01-31", A3="7", A4="=1/2", A5="$3")
    cells = [CellRef("Sheet1", row, 1) for row in range(1, 6)]
    formats = [style and style.number_format for style in map(desk.book.style, cells)]
    assert formats == ["0%", "yyyy-mm-dd", None, None, "$#,##0"]
    desk.do({"op": "format", "range": "A1", "style": {"number_format": "0.000", "bold": True}})
    assert desk.book.style(cells[0]) == Style(bold=True, number_format="0.000")
    desk.do({"op": "format", "range": "A:A", "style": {"number_format": None, "bold": None}})
    assert desk.book.styles == {}


def test_inserted_rows_look_like_the_one_above() -> None:
    """New rows and columns continue the format before them, as in Excel."""
    desk = Desk()
    desk.do({"op": "format", "range": "B2", "style": {"bold": True}})
    desk.do({"op": "insert_rows", "at": 3, "count": 2}, {"op": "insert_columns", "at": 3, "count": 1})
    assert {cell.a1 for cell in desk.book.styles} == {"B2", "B3", "B4", "C2", "C3", "C4"}


def test_merging_keeps_the_first_cell_only() -> None:
    """A merged range holds its first cell's input, absorbs smaller ones, and follows inserted rows."""
    desk = Desk()
    desk.type(A1="1", B1="2", A2="3", C3="4")
    desk.do({"op": "merge", "range": "A1:A2"})
    desk.do({"op": "merge", "range": "A1:B2"})
    desk.do({"op": "insert_rows", "at": 2, "count": 1})
    assert desk.inputs() == {"A1": "1", "C4": "4"}
    assert [area.a1 for area in desk.book.merges] == ["A1:B3"]


def test_the_outline_tells_a_books_layout() -> None:
    """Sizes come as runs, merges as ranges, and everything under its sheet."""
    desk = furnished()
    desk.do({"op": "resize", "columns": "B:C", "size": 80})
    first, other = desk.book.outline().sheets
    assert first.merges == ("D5:E6",)
    assert first.sizes == {"columns": {"A:A": 12.5, "B:C": 80}, "rows": {"2:4": 33}}
    assert first.frozen == (1, 0)
    assert (other.merges, other.frozen, other.sheet.id) == ((), (0, 0), 2)
    assert desk.book.outline().names == {"rate": "Sheet1!$A$2:$A$4"}


def test_a_deleted_sheets_id_is_never_given_again() -> None:
    """Who remembers a sheet by its id never takes another one for it."""
    desk = Desk()
    desk.do({"op": "add_sheet", "name": "Second"})
    desk.do({"op": "delete_sheet", "sheet": "Second"})
    desk.do({"op": "add_sheet", "name": "Second"})
    assert [sheet.id for sheet in desk.book.sheets] == [1, 3]


@pytest.mark.parametrize(
    ("mine", "since", "collides"),
    [
        ({"op": "set", "cell": "A1", "input": "1"}, {"op": "set", "cell": "A1", "input": "2"}, True),
        ({"op": "set", "cell": "A1", "input": "1"}, {"op": "set", "cell": "A2", "input": "2"}, False),
        ({"op": "set", "cell": "A1", "input": "1"}, {"op": "insert_rows", "at": 50, "count": 1}, True),
        ({"op": "set", "cell": "A1", "input": "1"}, {"op": "rename_sheet", "name": "x"}, True),
        ({"op": "set", "cell": "A1", "input": "1"}, {"op": "format", "range": "A1", "style": {"bold": True}}, False),
        ({"op": "set", "cell": "A1", "input": "1"}, {"op": "add_sheet", "name": "x"}, False),
        ({"op": "set", "cell": "B1", "input": "1"}, {"op": "merge", "range": "A1:B1"}, True),
        ({"op": "delete_rows", "at": 5, "count": 1}, {"op": "set", "cell": "A1", "input": "2"}, True),
        ({"op": "delete_rows", "at": 5, "count": 1}, {"op": "freeze", "rows": 1, "columns": 0}, True),
        ({"op": "undo"}, {"op": "insert_rows", "at": 50, "count": 1}, False),
        ({"op": "set", "cell": "A1", "input": "1"}, {"op": "undo"}, True),
        ({"op": "set", "cell": "B1", "input": "1"}, {"op": "undo"}, False),
    ],
)
def test_what_collides(mine: dict[str, Any], since: dict[str, Any], collides: bool) -> None:  # noqa: FBT001 -- a table
    """Edits meant for an earlier state collide with writes to the same cells, and moves with everything."""
    desk = Desk()
    desk.type(A1="0")
    desk.do(since)
    assert desk.book.collides([edit_from_json({"sheet": "Sheet1"} | mine)], [desk.log[-1][1]]) is collides
