"""The live socket: two people at one workbook, and everything that may happen to a connection between them."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from websockets.exceptions import InvalidStatus

from gridos.app.assembling import assemble
from gridos.db import EmbeddedServer
from gridos.live import OpenWorkbook, audience
from gridos.plugin_secrets import new_key_line
from gridos.settings import Settings
from tests.accounts.given import SECRET
from tests.web.gate import came, open_gate
from tests.web.serving import PLUGINS, Person, Site, listening, new_database
from tests.web.watching import Socket, at_socket, watching

PASSWORD = "correct horse"
GATED = '=SHOP_GATED("{}")'


@pytest.fixture
async def editor(saas: Site, ada: Person, ben: Person, workbook: str) -> Person:
    """Ben, who may change Ada's workbook."""
    await ada.share(workbook, ben, "editor")
    return ben


@pytest.fixture
async def viewer(saas: Site, ada: Person, ben: Person, workbook: str) -> Person:
    """Ben, who may look at Ada's workbook."""
    await ada.share(workbook, ben, "viewer")
    return ben


@pytest.fixture
async def hers(saas: Site, ada: Person, workbook: str) -> AsyncGenerator[Socket]:
    """Ada's socket, after its snapshot."""
    async with watching(saas, ada, workbook) as socket:
        await socket.hello()
        yield socket


async def test_a_snapshot_is_the_whole_workbook(saas: Site, ada: Person, workbook: str) -> None:
    """After `hello` comes the workbook as `GET` gives it, with every cell as `cells` gives it."""
    await ada.type(workbook, A1="2", B1="=A1*2")
    async with watching(saas, ada, workbook) as socket:
        snapshot = await socket.hello()
    read = await ada.get(f"/workbook/{workbook}/cells")
    assert snapshot == {
        "type": "snapshot",
        "seq": 1,
        "workbook": await ada.get(f"/workbook/{workbook}"),
        "cells": read["cells"],
    }


async def test_nothing_is_told_before_hello(saas: Site, ada: Person, workbook: str) -> None:
    """Who has not said hello hears of no cell, and is answered all the same."""
    async with watching(saas, ada, workbook) as socket:
        assert (await socket.settled(await socket.type(A1="1")))["seq"] == 1
        assert not socket.of("changes")


async def test_two_people_see_each_others_edits(saas: Site, editor: Person, workbook: str, hers: Socket) -> None:
    """An edit reaches everybody as changes with the same seq, cells and author; its sender before the ack."""
    async with watching(saas, editor, workbook) as his:
        await his.hello()
        edit = await his.type(A1="5", B1="=A1+1")
        assert await his.settled(edit) == {"type": "ack", "id": edit, "seq": 1}
        (own,) = his.of("changes")
        assert await hers.next("changes") == own
        assert (own["seq"], own["by"]) == (1, str(editor.id))
        assert own["edits"][0] == {"op": "set", "sheet": "Sheet1", "cell": "A1", "input": "5"}
        assert [(cell["cell"], cell["value"]) for cell in own["cells"]] == [("A1", 5), ("B1", 6)]
        await hers.settled(await hers.type(1, A1="6"))
        told = await his.next("changes")
        assert [(cell["cell"], cell["value"]) for cell in told["cells"]] == [("A1", 6), ("B1", 7)]


async def test_edits_over_http_are_told_in_order(ada: Person, workbook: str, hers: Socket) -> None:
    """What requests change is told too, without a gap in seq."""
    for row in range(1, 21):
        await ada.type(workbook, **{f"A{row}": str(row)})
    told = [await hers.next("changes") for _ in range(20)]
    assert [frame["seq"] for frame in told] == [*range(1, 21)]


async def test_hello_with_a_seq_brings_only_what_was_missed(saas: Site, ada: Person, workbook: str) -> None:
    """Edits since then come as changes, other cells that changed as values, and no snapshot."""
    await ada.type(workbook, A1="1", B1="2")
    async with watching(saas, ada, workbook) as socket:
        known = (await socket.hello())["seq"]
    await ada.type(workbook, A1="3")
    await ada.type(workbook, C1="4", B1="")
    async with watching(saas, ada, workbook) as socket:
        await socket.hello(known)
        first, second = await socket.next("changes"), await socket.next("changes")
        assert (first["seq"], [cell["cell"] for cell in first["cells"]]) == (2, ["A1"])
        assert (second["seq"], [(cell["cell"], cell["input"]) for cell in second["cells"]]) == (
            3,
            [("B1", ""), ("C1", "4")],
        )
        await socket.settled(await socket.type(D1="5"))
        assert not socket.of("snapshot")
        assert all(
            cell["cell"] != "A1" or cell["value"] == 3 for frame in socket.told for cell in frame.get("cells", [])
        )


async def test_a_seq_nobody_knows_brings_a_snapshot(saas: Site, ada: Person, workbook: str) -> None:
    """A seq from the future, or from too long ago, is answered with the whole workbook."""
    for row in range(1, 103):
        await ada.type(workbook, A1=str(row))
    for seq in (103, 1):
        async with watching(saas, ada, workbook) as socket:
            await socket.hello(seq)
            assert (await socket.next("snapshot"))["seq"] == 102


async def test_moved_rows_are_told_also_later(saas: Site, ada: Person, workbook: str) -> None:
    """Inserting a row is told as changes, with the cells where they are since; who was away is told the same."""
    await ada.type(workbook, A1="1", B1="=A1*2")
    async with watching(saas, ada, workbook) as socket:
        await socket.hello(1)
        edit = str(uuid4())
        inserting = {"op": "insert_rows", "sheet": "Sheet1", "at": 1, "count": 1}
        await socket.send(type="edit", id=edit, base_seq=1, edits=[inserting])
        assert (await socket.settled(edit))["seq"] == 2
        (told,) = socket.of("changes")
        assert told["edits"] == [inserting]
        inputs = {cell["cell"]: cell["input"] for cell in told["cells"]}
        assert inputs == {"A1": "", "B1": "", "A2": "1", "B2": "=A2*2"}
    await ada.type(workbook, A1="typed since")
    async with watching(saas, ada, workbook) as socket:
        await socket.hello(1)
        inserted, typed = [await socket.next("changes") for _ in range(2)]
        assert {cell["cell"]: cell["input"] for cell in inserted["cells"]} == {"A2": "1", "B1": "", "B2": "=A2*2"}
        assert {cell["cell"]: cell["input"] for cell in typed["cells"]} == {"A1": "typed since"}
        assert "layout" not in inserted
        assert [move["count"] for move in typed["layout"]["moves"]] == [1]
        assert not socket.of("snapshot")


async def test_moved_rows_are_told_with_the_layout_since(saas: Site, ada: Person, workbook: str) -> None:
    """Whoever is there is told what moved, also by an undo, and the outline since; typing alone tells no layout."""
    sheet = (await ada.get(f"/workbook/{workbook}"))["sheets"][0]
    merge = {"op": "merge", "sheet": "Sheet1", "range": "B4:C4"}
    insert = {"op": "insert_rows", "sheet": "Sheet1", "at": 2, "count": 3}
    async with watching(saas, ada, workbook) as socket:
        await socket.hello()
        for edits in (
            [merge, {"op": "rename_sheet", "sheet": "Sheet1", "name": "Data"}],
            [insert | {"sheet": "Data"}],
            [{"op": "undo"}],
            [{"op": "set", "sheet": "Data", "cell": "A1", "input": "1"}],
        ):
            await socket.send(type="edit", id=str(uuid4()), edits=edits)
        renamed, inserted, undone = [(await socket.next("changes"))["layout"] for _ in range(3)]
        assert "layout" not in await socket.next("changes")
    move = {"sheet": sheet["id"], "axis": "rows", "at": 2}
    assert [one["moves"] for one in (renamed, inserted, undone)] == [[], [move | {"count": 3}], [move | {"count": -3}]]
    assert [one["sheets"][0]["merges"] for one in (renamed, inserted, undone)] == [["B4:C4"], ["B7:C7"], ["B4:C4"]]
    assert renamed == {"moves": [], "sheets": [sheet | {"name": "Data", "merges": ["B4:C4"]}], "names": []}
    assert inserted["sheets"][0]["rows"] == sheet["rows"] + 3


async def test_an_edit_sent_again_is_stored_once(saas: Site, ada: Person, workbook: str) -> None:
    """After a connection broke before the ack, the same id gives the same seq and changes nothing again."""
    async with watching(saas, ada, workbook) as socket:
        await socket.hello()
        edit = await socket.type(0, A1="1")
        await socket.next("changes")
        socket.connection.transport.abort()
    async with watching(saas, ada, workbook) as socket:
        await socket.hello(1)
        await socket.type(0, edit, A1="1")
        assert (await socket.settled(edit))["seq"] == 1
        again = await socket.type(0, A1="2")
        assert (await socket.settled(again))["seq"] == 2
        assert [frame["seq"] for frame in socket.of("changes")] == [2]


async def test_typing_twice_into_a_cell_does_not_collide_with_oneself(hers: Socket) -> None:
    """Edits of one socket that are under way together, on the same cell, are applied one after the other."""
    first, second = await hers.type(0, A1="1"), await hers.type(0, A1="2")
    assert (await hers.settled(first))["seq"] == 1
    assert (await hers.settled(second))["seq"] == 2


async def test_colliding_with_somebody_is_refused(ada: Person, workbook: str, hers: Socket) -> None:
    """An edit of a cell that somebody changed since `base_seq` changes nothing and says so."""
    await ada.type(workbook, A1="1")
    refused = await hers.settled(await hers.type(0, A1="2"))
    assert (refused["type"], refused["code"]) == ("refused", "edits_collide")
    assert (await ada.read(workbook, "A1"))["A1"]["value"] == 1


async def test_a_bad_edit_is_refused_whole(ada: Person, workbook: str, hers: Socket) -> None:
    """A batch with one edit that is not accepted changes nothing; the sentence repeats nothing of it."""
    edit = str(uuid4())
    edits = [
        {"op": "set", "sheet": "Sheet1", "cell": "A1", "input": "1"},
        {"op": "set", "sheet": "canary", "cell": "A1", "input": "1"},
    ]
    await hers.send(type="edit", id=edit, edits=edits)
    refused = await hers.settled(edit)
    assert (refused["code"], "canary" in str(refused)) == ("bad_edit", False)
    assert await ada.read(workbook, "A1") == {}


JUNK = [
    "",
    "canary",
    "[]",
    "null",
    '{"type": "canary"}',
    '{"type": "hello", "seq": "canary"}',
    '{"type": "hello", "seq": -1}',
    '{"type": "hello", "seq": 1e999}',
    '{"type": "edit", "edits": []}',
    '{"type": "edit", "id": "canary", "edits": [{}]}',
    '{"type": "cursor", "sheet": "canary", "range": "A1"}',
    '{"type": "cursor", "sheet": "Sheet1", "range": "canary"}',
    '{"type": "cursor", "sheet": "Sheet1"}',
    '{"type": "hello", "canary": "\\ud800"',
    '{"type": "edit", "id": "' + str(uuid4()) + '", "edits": [' + '[{"a":' * 5_000,
    b"\xff\xfe",
    b"",
]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
async def test_junk_is_refused_without_an_echo(hers: Socket, junk: str | bytes) -> None:
    """What is no frame is refused in a sentence of ours, and the socket goes on."""
    await hers.connection.send(junk)
    refused = await hers.next("refused")
    assert refused.keys() == {"type", "id", "code", "message"}
    assert "canary" not in str(refused)
    assert (await hers.settled(await hers.type(A1="1")))["type"] == "ack"


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "x" * 40_000])
async def test_text_nobody_can_store_is_refused(hers: Socket, text: str) -> None:
    """Half characters, NUL and endless texts are refused under the edit's id."""
    edit = str(uuid4())
    cell = f'{{"op": "set", "sheet": "Sheet1", "cell": "A1", "input": "{text}"}}'
    await hers.connection.send(f'{{"type": "edit", "id": "{edit}", "edits": [{cell}]}}')
    refused = await hers.next("refused")
    assert (refused["id"], refused["code"]) in {(edit, "bad_edit"), (None, "bad_frame")}


async def test_too_large_a_frame_closes(hers: Socket) -> None:
    """A frame beyond the limit ends the socket with 1009."""
    await hers.connection.send("x" * (4 * 1_048_576 + 1))
    assert await hers.end() == 1009


async def test_many_frames_are_read_slowly_and_none_is_lost(hers: Socket) -> None:
    """More frames than a second may bring are all answered."""
    edits = [await hers.type(0, **{f"A{row}": "1"}) for row in range(1, 81)]
    assert [(await hers.settled(edit))["seq"] for edit in edits] == [*range(1, 81)]


# Who may


async def test_a_foreign_page_gets_no_socket(saas: Site, ada: Person, workbook: str) -> None:
    """With a cookie and another site's origin the handshake itself is refused."""
    cookie = await signed_in(saas)
    with pytest.raises(InvalidStatus) as refused:
        async with at_socket(saas.url, workbook, origin="https://evil.example", additional_headers=cookie):
            pass
    assert refused.value.response.status_code == 403


async def signed_in(site: Site, email: str | None = None) -> dict[str, str]:
    """The cookie header of somebody new who signed in with a password."""
    return await enter(site, "sign-up", email or f"cookie-{uuid4().hex[:12]}@example.com")


async def enter(site: Site, how: str, email: str) -> dict[str, str]:
    """The cookie header of a browser of its own."""
    client = await site.client()
    assert (await client.post(f"/auth/{how}", json={"email": email, "password": PASSWORD})).is_success
    return {"cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


async def test_a_cookie_opens_ones_own(saas: Site) -> None:
    """A browser's session and its own origin are enough."""
    cookie = await signed_in(saas)
    client = await saas.client(**cookie)
    mine = (await client.post("/workbooks", json={"title": "Mine"})).json()["id"]
    async with at_socket(saas.url, mine, origin=saas.url, additional_headers=cookie) as socket:
        assert (await socket.hello())["workbook"]["role"] == "owner"


async def test_strangers_are_turned_away_before_any_frame(saas: Site, ada: Person, ben: Person, workbook: str) -> None:
    """Nobody gets 4401, somebody without a role or with an id of nothing 4404, and no frame."""
    nonsense = {"authorization": "Bearer nonsense"}
    nobody = [at_socket(saas.url, workbook), at_socket(saas.url, workbook, additional_headers=nonsense)]
    strangers = [watching(saas, ben, workbook), watching(saas, ada, str(uuid4())), watching(saas, ada, "canary")]
    for code, sockets in ((4401, nobody), (4404, strangers)):
        for opening in sockets:
            async with opening as socket:
                assert await socket.end() == code
                assert socket.told == []


async def test_a_token_in_the_address_is_worth_nothing(
    saas: Site, ada: Person, workbook: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Only the header and the cookie are looked at, and what stands in the query is not logged."""
    token = ada.http.headers["authorization"].partition(" ")[2]
    with caplog.at_level("INFO"):
        async with at_socket(saas.url, workbook, f"?token={token}&access_token={token}") as socket:
            assert await socket.end() == 4401
    assert workbook in caplog.text
    assert token not in caplog.text


async def test_a_viewer_changes_nothing(saas: Site, viewer: Person, workbook: str, hers: Socket) -> None:
    """A viewer's edit is refused as read_only and nobody hears of it."""
    async with watching(saas, viewer, workbook) as his:
        await his.hello()
        refused = await his.settled(await his.type(A1="1"))
        assert (refused["type"], refused["code"]) == ("refused", "read_only")
    assert (await hers.settled(await hers.type(A1="2")))["seq"] == 1


async def test_a_viewer_causes_no_call(saas: Site, ada: Person, viewer: Person, workbook: str) -> None:
    """A viewer alone at the socket sees "not fetched yet", and nobody is asked."""
    gate = uuid4().hex
    await ada.type(workbook, A1=GATED.format(gate))
    await saas.server.hub.close_all()
    before = came[gate]
    async with watching(saas, viewer, workbook) as his:
        (cell,) = (await his.hello())["cells"]
        assert (cell["value"], cell["error"]["title"]) == ("#N/A", "Not fetched yet")
        await saas.server.hub.ask_on_time()
        await his.settled(await his.type(A1="1"))
        assert came[gate] == before
        async with watching(saas, ada, workbook) as hers:
            await hers.hello()
            open_gate(gate)
            assert (await his.cell("A1", lambda cell: cell["state"] == "ok"))["value"] == before + 1


async def test_answers_arrive_with_progress(saas: Site, ada: Person, workbook: str, hers: Socket) -> None:
    """A live formula is loading, its call is counted, and its answer comes as values by itself."""
    gate = uuid4().hex
    await hers.type(A1=GATED.format(gate), B1="=A1+1")
    assert (await hers.cell("A1", lambda _: True))["state"] == "loading"
    assert await hers.next("progress", lambda frame: frame["pending"] == 1)
    open_gate(gate)
    arrived = await hers.next("values")
    assert [(cell["cell"], cell["value"]) for cell in arrived["cells"]] == [("A1", 1), ("B1", 2)]
    assert await hers.next("progress", lambda frame: frame == {"type": "progress", "pending": 0, "done": 1})


async def test_a_new_role_counts_at_once(saas: Site, ada: Person, editor: Person, workbook: str) -> None:
    """An editor who becomes a viewer is shown the workbook anew as one, and is refused."""
    async with watching(saas, editor, workbook) as his:
        assert (await his.hello())["workbook"]["role"] == "editor"
        await ada.share(workbook, editor, "viewer")
        assert (await his.next("snapshot"))["workbook"]["role"] == "viewer"
        assert (await his.settled(await his.type(A1="1")))["code"] == "read_only"


async def test_removal_closes_and_keeps_the_answer_back(
    saas: Site, ada: Person, editor: Person, workbook: str, hers: Socket
) -> None:
    """Somebody removed while a call runs is told that they were, and never its answer."""
    gate = uuid4().hex
    async with watching(saas, editor, workbook) as his:
        await his.hello()
        await his.settled(await his.type(A1=GATED.format(gate)))
        assert (await ada.send("DELETE", f"/workbook/{workbook}/collaborators/{editor.id}")).is_success
        open_gate(gate)
        assert (await hers.cell("A1", lambda cell: cell["state"] == "ok"))["value"] == 1
        assert await his.end() == 4404
        assert his.told[-1]["reason"] == "removed"
        assert not his.of("values")


async def test_deletion_closes_for_everybody(saas: Site, ada: Person, editor: Person, workbook: str) -> None:
    """All who watch a deleted workbook are told so."""
    async with watching(saas, editor, workbook) as his, watching(saas, ada, workbook) as hers:
        await his.hello()
        await hers.hello()
        await ada.send("DELETE", f"/workbook/{workbook}")
        for socket in (his, hers):
            assert await socket.end() == 4404
            assert socket.told[-1] == {"type": "closed", "reason": "deleted", "message": "This workbook was deleted."}


async def test_signing_out_closes(saas: Site, ada: Person) -> None:
    """A session that has ended admits no edit and hears nothing more."""
    cookie = await signed_in(saas)
    client = await saas.client(**cookie)
    mine = (await client.post("/workbooks", json={"title": "Mine"})).json()["id"]
    async with at_socket(saas.url, mine, additional_headers=cookie) as editing:
        await editing.hello()
        await client.post("/auth/sign-out")
        await editing.type(A1="1")
        assert await editing.end() == 4401
        assert (editing.told[-1]["type"], editing.told[-1]["reason"]) == ("closed", "signed out")
        assert not editing.of("changes")


async def test_who_only_listens_hears_of_the_end_at_once(saas: Site, ada: Person, workbook: str) -> None:
    """Signing out closes a socket that sends nothing, and no socket of anybody else."""
    email = f"listens-{uuid4().hex[:12]}@example.com"
    cookie = await signed_in(saas, email)
    await ada.post(f"/workbook/{workbook}/collaborators", {"email": email, "role": "viewer"})
    async with (
        watching(saas, ada, workbook) as hers,
        at_socket(saas.url, workbook, additional_headers=cookie) as socket,
    ):
        await hers.hello()
        await socket.hello()
        await (await saas.client(**cookie)).post("/auth/sign-out")
        assert await socket.end() == 4401
        assert socket.told[-1]["reason"] == "signed out"
        assert (await hers.settled(await hers.type(A1="1")))["type"] == "ack"


async def test_another_browser_ends_a_session(saas: Site) -> None:
    """A session ended from a list of sessions closes its sockets, and a new password those of all other sessions."""
    email = f"ends-{uuid4().hex[:12]}@example.com"
    here = await signed_in(saas, email)
    client = await saas.client(**here)
    mine = (await client.post("/workbooks", json={"title": "Mine"})).json()["id"]
    there, elsewhere = await enter(saas, "sign-in", email), await enter(saas, "sign-in", email)
    async with (
        at_socket(saas.url, mine, additional_headers=here) as kept,
        at_socket(saas.url, mine, additional_headers=there) as listed,
        at_socket(saas.url, mine, additional_headers=elsewhere) as other,
    ):
        for socket in (kept, listed, other):
            await socket.hello()
        known = (await (await saas.client(**there)).get("/auth/sessions")).json()["sessions"]
        current = next(session["id"] for session in known if session["current"])
        assert (await client.delete(f"/auth/sessions/{current}")).is_success
        assert await listed.end() == 4401
        change = {"current": PASSWORD, "new": "another good and long password"}
        assert (await client.post("/auth/password", json=change)).is_success
        assert await other.end() == 4401
        assert (await kept.settled(await kept.type(A1="1")))["type"] == "ack"


async def test_a_disabled_account_hears_nothing_more(saas: Site, ada: Person, workbook: str) -> None:
    """An account the operator disables loses its open sockets, also those a token opened."""
    async with watching(saas, ada, workbook) as socket:
        await socket.hello()
        await saas.server.accounts.disable(ada.email)
        assert await socket.end() == 4401


# The workbook's name


async def test_a_new_name_is_told_at_once(saas: Site, ada: Person, workbook: str, hers: Socket) -> None:
    """Whoever watches is told of a new title and a new schedule, and whoever comes back of what it is called now."""
    changed = {"title": "Sales of May", "refresh_minutes": 15}
    assert (await ada.send("PATCH", f"/workbook/{workbook}", json=changed)).is_success
    assert await hers.next("workbook") == {"type": "workbook", **changed}
    async with watching(saas, ada, workbook) as later:
        await later.hello(0)
        assert await later.next("workbook") == {"type": "workbook", **changed}
        assert not later.of("snapshot")


# Company


async def test_presence(saas: Site, ada: Person, editor: Person, workbook: str, hers: Socket) -> None:
    """Everybody hears who is there and what they have selected, and who has left."""
    async with watching(saas, editor, workbook) as his:
        await his.send(type="cursor", sheet="sheet1", range="$b$2:A1")
        told = await hers.next("presence", lambda frame: "A1:B2" in [user["range"] for user in frame["users"]])
        users = {user["id"]: user for user in told["users"]}
        assert users[str(editor.id)] == {
            "id": str(editor.id),
            "email": editor.email,
            "sheet": "Sheet1",
            "range": "A1:B2",
        }
        assert users[str(ada.id)] == {"id": str(ada.id), "email": ada.email, "sheet": None, "range": None}
    told = await hers.next("presence", lambda frame: len(frame["users"]) == 1)
    assert told["users"][0]["id"] == str(ada.id)


async def test_a_slow_reader_slows_nobody(
    saas: Site, ada: Person, editor: Person, workbook: str, hers: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who does not read is dropped with a code that says come back, while everybody else hears everything."""
    monkeypatch.setattr(audience, "MOST_UNSENT", 4)
    opened = await open_workbook(saas, ada, workbook)
    inputs = {f"A{row}": "x" * 30_000 for row in range(1, 31)}
    async with watching(saas, editor, workbook, max_queue=1, compression=None) as slow:
        await slow.hello()
        seq = 0
        while len(opened.audience) > 1:
            seq += 1
            await ada.type(workbook, **inputs)
            assert (await hers.next("changes"))["seq"] == seq
            assert seq < 100
        assert await slow.end() == 4408
        assert not slow.of("closed")


async def open_workbook(site: Site, person: Person, workbook: str) -> OpenWorkbook:
    """A workbook as the server has it open."""
    return await site.server.hub.open(await site.server.workbooks.get(person.id, UUID(workbook)))


async def test_a_watched_workbook_stays_open(saas: Site, ada: Person, workbook: str, hers: Socket) -> None:
    """However long nothing happens, a workbook that somebody watches is not closed."""
    opened = await open_workbook(saas, ada, workbook)
    opened.last_used = float("-inf")
    await saas.server.hub.close_idle()
    assert (await hers.settled(await hers.type(A1="1")))["seq"] == 1


async def test_a_stopping_server_says_come_back(postgres: EmbeddedServer, tmp_path: Path) -> None:
    """Sockets of a server that stops are closed with 1012 and without a reason to stay away."""
    async with AsyncExitStack() as stack:
        first, _ = await two_sites(postgres, tmp_path, stack)
        ada = await first.person("ada")
        async with watching(first, ada, await ada.create()) as socket:
            await socket.hello()
            await first.server.hub.close_all()
            assert await socket.end() == 1012
            assert not socket.of("closed")


async def two_sites(postgres: EmbeddedServer, folder: Path, stack: AsyncExitStack) -> tuple[Site, Site]:
    """Two servers on one database."""
    name, urls = stack.enter_context(new_database(postgres))
    chosen: dict[str, Any] = {"root_key": new_key_line(), "jwt_secret": SECRET}
    settings = Settings(mode="saas", data_dir=folder, plugins_dir=(PLUGINS,), plugin_isolation="inprocess", **chosen)
    sites: list[Site] = []
    for _ in range(2):
        server = await stack.enter_async_context(assemble(settings, urls, may_make_key=False))
        site = Site(await stack.enter_async_context(listening(server.app)), server, name)
        stack.push_async_callback(site.leave)
        sites.append(site)
    return sites[0], sites[1]


async def test_two_server_processes_are_one_workbook(postgres: EmbeddedServer, tmp_path: Path) -> None:
    """Edits through either server reach the sockets of both in order; a removal through one closes at the other."""
    async with AsyncExitStack() as stack:
        first, second = await two_sites(postgres, tmp_path, stack)
        ada, ben = await first.person("ada"), await second.person("ben")
        workbook = await ada.create()
        await ada.share(workbook, ben, "editor")
        async with watching(first, ada, workbook) as hers, watching(second, ben, workbook) as his:
            await hers.hello()
            await his.hello()
            for row in range(1, 11):
                writer = hers if row % 2 else his
                reader = his if row % 2 else hers
                edit = await writer.type(row - 1, **{f"A{row}": str(row)})
                assert (await writer.settled(edit))["seq"] == row
                assert (await reader.next("changes"))["seq"] == row
            for socket in (hers, his):
                assert [frame["seq"] for frame in socket.of("changes")] == [*range(1, 11)]
            assert hers.of("changes")[1]["by"] == str(ben.id)
            await ada.send("PATCH", f"/workbook/{workbook}", json={"title": "Renamed at the first"})
            assert (await his.next("workbook"))["title"] == "Renamed at the first"
            await ada.send("DELETE", f"/workbook/{workbook}/collaborators/{ben.id}")
            assert await his.end() == 4404
            assert his.told[-1]["reason"] == "removed"


async def test_a_restarted_server_tells_what_was_missed(postgres: EmbeddedServer, tmp_path: Path) -> None:
    """At a server that has just opened the workbook, a known seq is answered without a snapshot."""
    async with AsyncExitStack() as stack:
        first, second = await two_sites(postgres, tmp_path, stack)
        ada = await first.person("ada")
        workbook = await ada.create()
        await ada.type(workbook, A1="1", B1="=A1*2")
        async with watching(second, ada, workbook) as socket:
            await socket.hello(1)
            told = await socket.next("values")
            assert [(cell["cell"], cell["value"]) for cell in told["cells"]] == [("B1", 2)]
            assert not socket.of("snapshot")


async def test_without_a_database_edits_are_refused_and_not_lost(postgres: EmbeddedServer, tmp_path: Path) -> None:
    """An edit that cannot be stored is refused as such; sent again under its id later, it is stored once."""
    async with AsyncExitStack() as stack:
        site, _ = await two_sites(postgres, tmp_path, stack)
        ada = await site.person("ada")
        workbook = await ada.create()
        admin = stack.enter_context(psycopg.connect(postgres.url(database="postgres"), autocommit=True))
        async with watching(site, ada, workbook) as socket:
            await socket.hello()
            admin.execute(f"alter database {site.database} with allow_connections false".encode())
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (site.database,))
            edit = await socket.type(0, A1="1")
            assert (await socket.settled(edit))["code"] == "storage_unavailable"
            admin.execute(f"alter database {site.database} with allow_connections true".encode())
            while (answer := await socket.settled(await socket.type(0, edit, A1="1")))["type"] != "ack":
                assert answer["code"] == "storage_unavailable"
            assert answer["seq"] == 1


# A single user


async def test_a_single_user_needs_no_sign_in(oss: Site) -> None:
    """In single-user mode the socket opens for this machine's own page."""
    you = await oss.local_user()
    workbook = await you.create()
    async with at_socket(oss.url, workbook, origin=oss.url) as socket:
        assert (await socket.hello())["workbook"]["owner"]["email"] == you.email
        assert (await socket.settled(await socket.type(A1="1")))["seq"] == 1


@pytest.mark.parametrize("foreign", [{"origin": "https://evil.example"}, {"origin": "null"}])
async def test_a_single_user_is_guarded_from_pages(oss: Site, foreign: dict[str, str]) -> None:
    """There is no cookie to guard, so the origin alone keeps other sites' pages out."""
    workbook = await (await oss.local_user()).create()
    with pytest.raises(InvalidStatus) as refused:
        async with at_socket(oss.url, workbook, **foreign):
            pass
    assert refused.value.response.status_code == 403
