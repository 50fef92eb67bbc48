"""The routes of `web/workbooks.py`: who may do what, and what comes back."""

from uuid import uuid4

import pytest

from tests.web.gate import came, open_gate
from tests.web.serving import Json, Person, Site

LETTERS = "=SHOP_LETTERS()"
NOBODY = "00000000-0000-4000-8000-00000000dead"


def setting(cell: str, text: str, sheet: str = "Sheet1") -> Json:
    """One edit."""
    return {"op": "set", "sheet": sheet, "cell": cell, "input": text}


async def connect(person: Person, name: str) -> None:
    """Give the test plugin the name of one's shop."""
    answer = await person.send("PUT", "/settings/plugin-secrets/shop", json={"secrets": {"NAME": name}})
    assert answer.json() == {"status": "Success", "plugin_slug": "shop"}


@pytest.fixture
async def viewer(saas: Site, ada: Person, workbook: str) -> Person:
    """Somebody who may look at Ada's workbook."""
    viewer = await saas.person("viewer")
    await ada.share(workbook, viewer, "viewer")
    return viewer


@pytest.fixture
async def editor(saas: Site, ada: Person, workbook: str) -> Person:
    """Somebody who may change Ada's workbook."""
    editor = await saas.person("editor")
    await ada.share(workbook, editor, "editor")
    return editor


async def test_a_new_workbook_is_empty_and_ones_own(ada: Person) -> None:
    """Creating answers 201 with the workbook, its owner and one empty sheet."""
    answer = await ada.send("POST", "/workbooks", json={"title": "  Sales \n 2026 "})
    assert answer.status_code == 201
    new = answer.json()
    assert new == {
        "id": new["id"],
        "title": "Sales 2026",
        "role": "owner",
        "owner": {"id": str(ada.id), "email": ada.email},
        "updated_at": new["updated_at"],
        "seq": 0,
        "refresh_minutes": 15,
        "sheets": [
            {
                "name": "Sheet1",
                "rows": 1000,
                "columns": 26,
                "id": 1,
                "merges": [],
                "sizes": {"columns": {}, "rows": {}},
                "frozen": {"rows": 0, "columns": 0},
            }
        ],
        "names": [],
    }
    assert await ada.get(f"/workbook/{new['id']}") == new


async def test_the_list_begins_with_the_newest_change(ada: Person, ben: Person) -> None:
    """An edit moves a workbook to the top; other people's workbooks are not in it."""
    first, second = await ada.create("First"), await ada.create("Second")
    await ben.create("Ben's")
    assert [one["id"] for one in (await ada.get("/workbooks"))["workbooks"]] == [second, first]
    await ada.type(first, A1="1")
    listed = (await ada.get("/workbooks"))["workbooks"]
    assert [one["title"] for one in listed] == ["First", "Second"]
    assert listed[0].keys() == {"id", "title", "role", "owner", "updated_at"}


EVERYBODYS_ROUTES: list[tuple[str, str, Json]] = [
    ("GET", "", None),
    ("GET", "/cells", None),
    ("POST", "/eval", {"formulas": ["=1"]}),
    ("GET", "/collaborators", None),
]
EDITORS_ROUTES: list[tuple[str, str, Json]] = [
    ("POST", "/edits", {"edits": [setting("A1", "1")]}),
    ("POST", "/refresh", {}),
]
OWNERS_ROUTES: list[tuple[str, str, Json]] = [
    ("PATCH", "", {"title": "Taken over"}),
    ("POST", "/collaborators", {"email": "eve@example.com", "role": "editor"}),
    ("DELETE", f"/collaborators/{NOBODY}", None),
    ("DELETE", f"/pending-invites/{NOBODY}", None),
    ("DELETE", "", None),
]


@pytest.mark.parametrize(("method", "path", "body"), EVERYBODYS_ROUTES + EDITORS_ROUTES + OWNERS_ROUTES)
async def test_a_strangers_workbook_does_not_exist(
    ben: Person, workbook: str, method: str, path: str, body: Json
) -> None:
    """A workbook that is not yours answers 404, exactly as one that never was or whose id is none."""
    answers = [
        await ben.send(method, f"/workbook/{one}{path}", json=body) for one in (workbook, uuid4(), "no-id", "a%00b")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {'{"detail":"There is no such workbook."}'}


@pytest.mark.parametrize(("method", "path", "body"), EVERYBODYS_ROUTES)
async def test_a_viewer_may_look(viewer: Person, workbook: str, method: str, path: str, body: Json) -> None:
    """What changes nothing is open to every collaborator."""
    assert (await viewer.send(method, f"/workbook/{workbook}{path}", json=body)).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), EDITORS_ROUTES + OWNERS_ROUTES)
async def test_a_viewer_may_change_nothing(viewer: Person, workbook: str, method: str, path: str, body: Json) -> None:
    """A known role that is too low answers 403."""
    assert (await viewer.send(method, f"/workbook/{workbook}{path}", json=body)).status_code == 403


@pytest.mark.parametrize(("method", "path", "body"), EVERYBODYS_ROUTES + EDITORS_ROUTES)
async def test_an_editor_may_change_cells(editor: Person, workbook: str, method: str, path: str, body: Json) -> None:
    """An editor reads, writes and refreshes."""
    assert (await editor.send(method, f"/workbook/{workbook}{path}", json=body)).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), OWNERS_ROUTES)
async def test_an_editor_does_not_own(editor: Person, workbook: str, method: str, path: str, body: Json) -> None:
    """Renaming, sharing and deleting are the owner's."""
    answer = await editor.send(method, f"/workbook/{workbook}{path}", json=body)
    assert (answer.status_code, answer.json()) == (403, {"detail": "Only the owner of this workbook may do this."})


async def test_the_shape_is_checked_before_the_workbook_and_the_role_before_the_content(
    ben: Person, viewer: Person, workbook: str
) -> None:
    """422 for a body's shape comes before 404, and 403 before 422 for what an edit says."""
    path = f"/workbook/{workbook}/edits"
    assert (await ben.send("POST", path, json={"edits": 1})).status_code == 422
    assert (await ben.send("POST", path, json={"edits": [{"op": "unknown"}]})).status_code == 404
    assert (await viewer.send("POST", path, json={"edits": [{"op": "unknown"}]})).status_code == 403


async def test_a_workbook_is_renamed(ada: Person, workbook: str) -> None:
    """PATCH answers the workbook as it is now; a member left out stays."""
    answer = await ada.send("PATCH", f"/workbook/{workbook}", json={"title": "Costs"})
    assert (answer.json()["title"], answer.json()["refresh_minutes"]) == ("Costs", 15)
    assert await ada.get(f"/workbook/{workbook}") == answer.json()
    assert (await ada.send("PATCH", f"/workbook/{workbook}", json={})).json()["title"] == "Costs"


@pytest.mark.parametrize("title", ["x" * 201, "a\u0000b", "\u202e"])
async def test_a_title_that_cannot_be_read_is_refused(ada: Person, workbook: str, title: str) -> None:
    """Too long, control characters, or reversing the line it stands in: 422, and the old title stays."""
    assert (await ada.send("PATCH", f"/workbook/{workbook}", json={"title": title})).status_code == 422
    assert (await ada.send("POST", "/workbooks", json={"title": title})).status_code == 422
    assert (await ada.get(f"/workbook/{workbook}"))["title"] == "Sales"


@pytest.mark.parametrize(("said", "status", "kept"), [(1, 200, 1), (None, 200, None), (0, 422, 15), (-5, 422, 15)])
async def test_refresh_minutes(ada: Person, workbook: str, said: int | None, status: int, kept: int | None) -> None:
    """One minute is the least, null is off, and a refused value changes nothing."""
    answer = await ada.send("PATCH", f"/workbook/{workbook}", json={"refresh_minutes": said})
    assert answer.status_code == status
    assert (await ada.get(f"/workbook/{workbook}"))["refresh_minutes"] == kept


@pytest.mark.parametrize("said", [525_601, 2**31, 2**63, 10**30])
async def test_refresh_minutes_have_an_end(ada: Person, workbook: str, said: int) -> None:
    """More than a year is a clear refusal, not an error of the database."""
    answer = await ada.send("PATCH", f"/workbook/{workbook}", json={"refresh_minutes": said, "title": "Costs"})
    assert answer.status_code == 422
    assert (await ada.get(f"/workbook/{workbook}"))["title"] == "Sales"


async def test_a_deleted_workbook_is_gone_for_everybody(ada: Person, editor: Person, workbook: str) -> None:
    """After DELETE the owner and the collaborators get 404, and no list has it."""
    await ada.type(workbook, A1="1")
    answer = await ada.send("DELETE", f"/workbook/{workbook}")
    assert (answer.status_code, answer.json()) == (200, {"status": "Success"})
    for person in (ada, editor):
        assert (await person.send("GET", f"/workbook/{workbook}/cells")).status_code == 404
        assert (await person.send("DELETE", f"/workbook/{workbook}")).status_code == 404
    assert (await ada.get("/workbooks"))["workbooks"] == []
    assert (await editor.get("/workbook/shared-with-me"))["workbooks"] == []


async def test_edits_answer_every_cell_that_changed(ada: Person, workbook: str) -> None:
    """What depends on an edit comes back with it, each cell as the contract describes one."""
    assert await ada.type(workbook, A1="2", B1="=A1*3") == {
        "seq": 1,
        "cells": [
            {"sheet": "Sheet1", "cell": "A1", "input": "2", "value": 2, "state": "ok"},
            {"sheet": "Sheet1", "cell": "B1", "input": "=A1*3", "value": 6, "state": "ok"},
        ],
    }
    changed = await ada.type(workbook, A1="5")
    assert (changed["seq"], [cell["value"] for cell in changed["cells"]]) == (2, [5, 15])


async def test_an_error_in_a_cell_is_its_value_and_explained(ada: Person, workbook: str) -> None:
    """`error` has exactly the contract's members."""
    cell = (await ada.type(workbook, A1="=1/0"))["cells"][0]
    assert (cell["value"], cell["state"]) == ("#DIV/0!", "error")
    assert cell["error"].keys() == {"code", "title", "detail", "action", "retry_at", "plugin"}


async def test_a_batch_is_applied_all_or_not_at_all(ada: Person, workbook: str) -> None:
    """One bad edit refuses its whole batch, and within a batch the later edit wins."""
    path = f"/workbook/{workbook}/edits"
    bad = [setting("A1", "1"), {"op": "clear", "sheet": "Sheet1", "range": "no range"}]
    assert (await ada.send("POST", path, json={"edits": bad})).status_code == 422
    assert await ada.get(f"/workbook/{workbook}/cells") == {"seq": 0, "cells": []}
    good = [setting("A1", "1"), {"op": "clear", "sheet": "Sheet1", "range": "A:A"}, setting("A1", "3")]
    assert [cell["value"] for cell in (await ada.post(path, {"edits": good}))["cells"]] == [3]


@pytest.mark.parametrize(
    "edits",
    [
        [],
        [1],
        [{}],
        [{"op": "set"}],
        [{"op": "set", "sheet": "Sheet1", "cell": "A1", "input": 1}],
        [{"op": "set", "sheet": "Sheet1", "cell": "A0", "input": ""}],
        [{"op": "set", "sheet": "Sheet1", "cell": "ZZZ9", "input": ""}],
        [{"op": "set", "sheet": "Sheet1", "cell": "A1:B2", "input": ""}],
        [{"op": "set", "sheet": "Elsewhere", "cell": "A1", "input": ""}],
        [{"op": "clear", "sheet": "Sheet1"}],
        [{"op": "set", "sheet": "Sheet1", "cell": "A1", "input": "x" * 32_768}],
        [{"op": "set", "sheet": "Sheet1", "cell": "A1", "input": "=" + "1+" * 5_000 + "1"}],
        [{"op": "set", "sheet": "Sheet1", "cell": "A1", "input": "a\u0000b"}],
        [{"op": "set", "sheet": "Sheet1", "cell": "A1", "input": '="a\u0000b"'}],
    ],
)
async def test_an_edit_that_cannot_be_is_refused(ada: Person, workbook: str, edits: Json) -> None:
    """422 with a sentence, and nothing is written."""
    answer = await ada.send("POST", f"/workbook/{workbook}/edits", json={"edits": edits})
    assert (answer.status_code, answer.json().keys()) == (422, {"detail"})
    assert await ada.get(f"/workbook/{workbook}/cells") == {"seq": 0, "cells": []}


async def test_a_cell_keeps_lines_and_tabs(ada: Person, workbook: str) -> None:
    """Line breaks, tabs and any script are text like any other."""
    text = "first\nsecond\r\n\tthird \u00fc\U0001f600"
    assert (await ada.type(workbook, A1=text))["cells"][0]["value"] == text


async def test_an_edit_sent_again_changes_nothing(ada: Person, workbook: str) -> None:
    """With the same `id` the answer has the first one's seq, also when others edited in between."""
    path, once = f"/workbook/{workbook}/edits", {"id": str(uuid4()), "edits": [setting("A1", "1")]}
    assert (await ada.post(path, once))["seq"] == 1
    await ada.type(workbook, A1="2")
    assert (await ada.post(path, once))["seq"] == 1
    assert (await ada.read(workbook, "A1"))["A1"]["value"] == 2


async def test_a_collision_is_told_with_the_newest_seq(ada: Person, editor: Person, workbook: str) -> None:
    """An edit based on an older seq is 409 `{detail, seq}` when its cells changed meanwhile, and fine when not."""
    await ada.type(workbook, A1="1")
    await editor.type(workbook, A1="2")
    path = f"/workbook/{workbook}/edits"
    answer = await ada.send("POST", path, json={"edits": [setting("A1", "3", "sheet1")], "base_seq": 1})
    assert answer.status_code == 409
    assert answer.json() == {"detail": answer.json()["detail"], "seq": 2}
    assert (await ada.post(path, {"edits": [setting("B1", "3")], "base_seq": 1}))["seq"] == 3
    assert (await ada.read(workbook, "A1"))["A1"]["value"] == 2


async def test_an_edit_may_clear_a_whole_sheet(ada: Person, workbook: str) -> None:
    """Cells without anything in them are in no answer but the one that emptied them."""
    await ada.type(workbook, A1="1", ALL100000="2")
    clear = {"edits": [{"op": "clear", "sheet": "SHEET1", "range": "1:100000"}]}
    cleared = (await ada.post(f"/workbook/{workbook}/edits", clear))["cells"]
    assert [(cell["cell"], cell["input"], cell["value"]) for cell in cleared] == [
        ("A1", "", None),
        ("ALL100000", "", None),
    ]
    assert await ada.read(workbook, "A:ALL") == {}


@pytest.mark.parametrize(
    ("area", "found"),
    [
        ("A1:B2", ["A1", "B2"]),
        ("$B$2:A1", ["A1", "B2"]),
        ("b2", ["B2"]),
        ("A:A", ["A1"]),
        ("3:2", ["B2", "C3"]),
        (" A1 ", ["A1"]),
        ("ALL99999:ALL100000", []),
    ],
)
async def test_ranges(ada: Person, workbook: str, area: str, found: list[str]) -> None:
    """Corners in any order, with or without `$`, columns, rows, and single cells."""
    await ada.type(workbook, A1="1", B2="2", C3="3")
    assert list(await ada.read(workbook, area)) == found


async def test_without_a_range_the_first_sheet_is_read(ada: Person, workbook: str) -> None:
    """Sheet and range may both be left out; a sheet's name is found in any case."""
    await ada.type(workbook, A1="1")
    path = f"/workbook/{workbook}/cells"
    assert await ada.get(path) == await ada.get(path, sheet="SHEET1") == await ada.get(path, range="A1", sheet="")


@pytest.mark.parametrize(
    "query",
    [
        {"range": "A"},
        {"range": ""},
        {"range": "A1:"},
        {"range": "A1:B2:C3"},
        {"range": "A0"},
        {"range": "A100001"},
        {"range": "ALM1"},
        {"range": "A1\u0000"},
        {"range": "\uff211"},
        {"sheet": "Elsewhere"},
        {"sheet": "Sheet1\u0000"},
        {"wait": "soon"},
        {"wait": -1},
        {"wait": 61},
        {"wait": "nan"},
        {"wait": "inf"},
        {"wait": "1e308"},
    ],
)
async def test_odd_queries_are_refused(ada: Person, workbook: str, query: dict[str, str]) -> None:
    """422 with a sentence, never the whole sheet instead."""
    answer = await ada.send("GET", f"/workbook/{workbook}/cells", params=query)
    assert (answer.status_code, answer.json().keys()) == (422, {"detail"})


async def test_a_live_cell_loads_and_arrives(ada: Person, workbook: str) -> None:
    """A connector's cell is loading until its answer is there; `wait` holds the read until then, and no longer."""
    gate = uuid4().hex
    typed = await ada.type(workbook, A1=f'=SHOP_GATED("{gate}")', A2="1")
    assert [(cell["value"], cell["state"]) for cell in typed["cells"]] == [(None, "loading"), (1, "ok")]
    assert (await ada.read(workbook, "A1", wait=0))["A1"]["state"] == "loading"
    assert (await ada.read(workbook, "A1", wait=0.05))["A1"]["state"] == "loading"
    open_gate(gate)
    cell = (await ada.read(workbook, "A1"))["A1"]
    assert (cell["value"], cell["state"]) == (1, "ok")
    assert cell["connection"] == {"plugin": "shop", "owner_email": ada.email}
    assert cell["fetched_at"].endswith("+00:00")


async def test_refresh_asks_again(ada: Person, workbook: str) -> None:
    """It says how many calls it asks for, within a range or a plugin when one is named."""
    gate = uuid4().hex
    open_gate(gate)
    await ada.type(workbook, A1=f'=SHOP_GATED("{gate}")', A2="1")
    assert (await ada.read(workbook, "A1"))["A1"]["value"] == 1
    path = f"/workbook/{workbook}/refresh"
    assert await ada.post(path, {"range": "A2"}) == {"requested": 0}
    assert await ada.post(path, {"plugin": "stripe"}) == {"requested": 0}
    assert came[gate] == 1
    assert await ada.post(path, {"plugin": "shop", "sheet": "Sheet1", "range": "A:A"}) == {"requested": 1}
    assert (await ada.send("POST", path, json={"range": "A"})).status_code == 422


async def test_a_viewer_asks_nobody(ada: Person, viewer: Person, workbook: str) -> None:
    """A viewer's evaluation and reading cause no call: what nobody fetched is `#N/A`, "Not fetched yet"."""
    gate = uuid4().hex
    asked = {"formulas": [f'=SHOP_GATED("{gate}")', "=1+1"]}
    results = (await viewer.post(f"/workbook/{workbook}/eval", asked))["results"]
    assert [(one["value"], one["state"]) for one in results] == [("#N/A", "error"), (2, "ok")]
    assert results[0]["error"]["title"] == "Not fetched yet"
    assert gate not in came


async def test_formulas_are_evaluated_without_writing(ada: Person, workbook: str) -> None:
    """Each result has the formula as `input` and no cell; afterwards the workbook is as it was."""
    await ada.type(workbook, A1="4")
    found = await ada.post(f"/workbook/{workbook}/eval", {"formulas": ["=A1*2", "=1/0", "text"], "sheet": "sheet1"})
    assert [(one["input"], one["cell"], one["value"]) for one in found["results"]] == [
        ("=A1*2", None, 8),
        ("=1/0", None, "#DIV/0!"),
        ("text", None, "text"),
    ]
    assert (await ada.get(f"/workbook/{workbook}/cells"))["seq"] == 1
    assert list(await ada.read(workbook, "A:ALL")) == ["A1"]


async def test_at_most_500_formulas_at_once(ada: Person, workbook: str) -> None:
    """500 are answered in their order, 501 are refused."""
    formulas = [f"={number}" for number in range(501)]
    path = f"/workbook/{workbook}/eval"
    results = (await ada.post(path, {"formulas": formulas[:500]}))["results"]
    assert [one["value"] for one in results] == list(range(500))
    assert (await ada.send("POST", path, json={"formulas": formulas})).status_code == 422
    assert await ada.post(path, {"formulas": []}) == {"results": []}


@pytest.mark.parametrize(
    "formula",
    ["=1E308*10", "=-1E308*1E308", "=EXP(1000)", "=SUM(1E308,1E308)", "=0/0", "=LN(0)", "=UNICHAR(55296)", "=1E999"],
)
async def test_a_number_beyond_numbers_is_an_error(ada: Person, workbook: str, formula: str) -> None:
    """JSON has no infinity and no half characters, so a cell has none either."""
    shown = (await ada.post(f"/workbook/{workbook}/eval", {"formulas": [formula]}))["results"][0]
    assert shown["state"] == "error"
    assert str(shown["value"]).startswith("#")


async def test_a_copy_has_the_cells_and_is_the_copiers(ada: Person, viewer: Person, workbook: str) -> None:
    """A viewer may copy. The copy counts its edits anew, and neither sees the other's later edits."""
    await ada.type(workbook, A1="2", B1="=A1*3")
    copy = await viewer.create("Mine", copy_of=workbook)
    assert (await viewer.get(f"/workbook/{copy}"))["seq"] == 0
    assert (await viewer.get(f"/workbook/{copy}"))["owner"]["id"] == str(viewer.id)
    assert (await ada.send("GET", f"/workbook/{copy}")).status_code == 404
    await viewer.type(copy, A1="5")
    assert (await viewer.read(copy, "B1"))["B1"]["value"] == 15
    assert (await ada.read(workbook, "B1"))["B1"]["value"] == 6


async def test_only_what_one_may_see_can_be_copied(ben: Person, workbook: str) -> None:
    """A copy of somebody's private workbook is 404, of no id at all 422, and nothing is made."""
    assert (await ben.send("POST", "/workbooks", json={"copy_of": workbook})).status_code == 404
    assert (await ben.send("POST", "/workbooks", json={"copy_of": "no-id"})).status_code == 422
    assert (await ben.get("/workbooks"))["workbooks"] == []


async def test_a_copy_uses_the_copiers_connection(ada: Person, viewer: Person, workbook: str) -> None:
    """The owner's last answers stay with the owner: a copy asks anew, on the copier's connection."""
    await connect(ada, "Ada's")
    await connect(viewer, "The viewer's shop")
    await ada.type(workbook, A1=LETTERS)
    assert (await ada.read(workbook, "A1"))["A1"]["value"] == 5
    assert (await viewer.read(workbook, "A1"))["A1"]["value"] == 5
    copy = await viewer.create("Mine", copy_of=workbook)
    cell = (await viewer.read(copy, "A1"))["A1"]
    assert (cell["value"], cell["connection"]["owner_email"]) == (17, viewer.email)


async def test_a_copy_keeps_no_answers(ada: Person, viewer: Person, workbook: str) -> None:
    """A copier without a connection sees an error, not the number the owner once fetched."""
    await connect(ada, "Ada's")
    await ada.type(workbook, A1=LETTERS)
    assert (await ada.read(workbook, "A1"))["A1"]["value"] == 5
    copy = await viewer.create("Mine", copy_of=workbook)
    assert (await viewer.read(copy, "A1"))["A1"]["value"] == "#SHOP_AUTH!"


async def test_an_editor_spends_the_owners_connection(ada: Person, editor: Person, workbook: str) -> None:
    """A collaborator's edit uses the owner's secret, even when both have one."""
    await connect(ada, "Ada's")
    await connect(editor, "The editor's shop")
    await editor.type(workbook, A1=LETTERS)
    cell = (await editor.read(workbook, "A1"))["A1"]
    assert (cell["value"], cell["connection"]["owner_email"]) == (5, ada.email)
