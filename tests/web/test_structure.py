"""What a grid offers beyond typing, over HTTP and through the real log."""

from typing import Any

from tests.web.serving import Json, Person


async def do(person: Person, workbook: str, *edits: dict[str, Any]) -> Json:
    """Send one batch of edits of the first sheet."""
    return await person.post(f"/workbook/{workbook}/edits", {"edits": [{"sheet": "Sheet1"} | edit for edit in edits]})


async def test_a_workbook_tells_its_layout_and_names(ada: Person, workbook: str) -> None:
    """Sheets come with merges, sizes and frozen panes, names with what they refer to now."""
    await do(
        ada,
        workbook,
        {"op": "define_name", "name": "tax", "refers_to": "Sheet1!B2"},
        {"op": "merge", "range": "C3:D4"},
        {"op": "resize", "columns": "B:D", "size": 120},
        {"op": "freeze", "rows": 1, "columns": 0},
        {"op": "insert_rows", "at": 1, "count": 2},
        {"op": "rename_sheet", "name": "My data"},
    )
    opened = await ada.get(f"/workbook/{workbook}")
    assert opened["names"] == [{"name": "tax", "refers_to": "='My data'!$B$4"}]
    assert opened["sheets"] == [
        {
            "name": "My data",
            "rows": 1002,
            "columns": 26,
            "id": 1,
            "merges": ["C5:D6"],
            "sizes": {"columns": {"B:D": 120}, "rows": {}},
            "frozen": {"rows": 1, "columns": 0},
        }
    ]


async def test_cells_carry_their_style(ada: Person, workbook: str) -> None:
    """A style is only what was chosen; a cell without one has no such member."""
    answer = await do(
        ada,
        workbook,
        {"op": "set", "cell": "A1", "input": "5%"},
        {"op": "set", "cell": "A2", "input": "1"},
        {"op": "format", "range": "A1", "style": {"bold": True, "background": "#FFEE00"}},
    )
    first, second = answer["cells"]
    assert first["style"] == {"bold": True, "background": "#ffee00", "number_format": "0%"}
    assert "style" not in second


async def test_undo_is_each_persons_own(saas: Any, ada: Person, workbook: str) -> None:
    """A collaborator's undo leaves the owner's edit alone, and with nothing to undo it is refused with a sentence."""
    ben = await saas.person("ben-who-undoes")
    await ada.share(workbook, ben, "editor")
    await ada.type(workbook, A1="1")
    refused = await ben.send("POST", f"/workbook/{workbook}/edits", json={"edits": [{"op": "undo"}]})
    assert (refused.status_code, refused.json()) == (422, {"detail": "There is nothing left to undo."})
    await ben.type(workbook, A2="2")
    await do(ada, workbook, {"op": "undo"})
    cells = await ada.read(workbook, "A1:A2")
    assert set(cells) == {"A2"}


async def test_typing_meant_for_rows_that_moved_collides(ada: Person, workbook: str) -> None:
    """An edit that does not know of an insertion is 409, with the seq to read again from."""
    await ada.type(workbook, A1="1")
    await do(ada, workbook, {"op": "insert_rows", "at": 1, "count": 1})
    late = {"edits": [{"op": "set", "sheet": "Sheet1", "cell": "B1", "input": "x"}], "base_seq": 1}
    answer = await ada.send("POST", f"/workbook/{workbook}/edits", json=late)
    assert (answer.status_code, answer.json()["seq"]) == (409, 2)
