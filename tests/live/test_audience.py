"""Who watches a workbook, and what each of them is told."""

import asyncio
from uuid import uuid4

import pytest

from gridos.formulas import Answer
from gridos.grid import edit_from_json, parse_range
from gridos.live import (
    Changes,
    Description,
    End,
    News,
    OpenWorkbook,
    Picture,
    Presence,
    Progress,
    Values,
    Watcher,
    audience,
)
from gridos.workbooks import Person, Role
from tests.live.stage import ACTOR, Stage, settled, type_in, typed

PATIENCE = 5


def somebody(role: Role = "owner") -> Watcher:
    """A new watcher."""
    return Watcher(Person(uuid4(), f"{role}@example.com"), is_viewer=role == "viewer")


async def arrive(stage: Stage, role: Role = "owner", seq: int | None = None) -> tuple[OpenWorkbook, Watcher]:
    """Somebody begins to watch."""
    opened, watcher = await stage.open(role), somebody(role)
    opened.audience.join(watcher)
    await opened.greet(watcher, stage.workbook(role), seq)
    return opened, watcher


async def news_of(watcher: Watcher, *kinds: type[News]) -> News:
    """The next news of one of some kinds."""
    async with asyncio.timeout(PATIENCE):
        while not isinstance(news := await watcher.next(), kinds):
            pass
    return news


def unsent(watcher: Watcher) -> list[News]:
    """What was told of cells and is not handed out yet."""
    waiting = watcher._unsent  # pyright: ignore[reportPrivateUsage] -- taking it out would be sending it
    return [news for news in waiting if not isinstance(news, Presence | Progress)]


def shown(news: News) -> dict[str, object]:
    """The values of cells, by address."""
    assert isinstance(news, Changes | Values)
    return {cell.ref.a1: cell.shown.value for cell in news.cells}


async def test_all_who_see_the_same_are_told_the_same_object(stage: Stage) -> None:
    """News is encoded once for everybody: those who watch share it, viewers too when nothing differs for them."""
    opened, first = await arrive(stage)
    others = [(await arrive(stage, role))[1] for role in ("editor", "viewer")]
    await type_in(opened, "A1", "1")
    told = [await news_of(watcher, Changes) for watcher in (first, *others)]
    assert told[0] is told[1] is told[2]


async def test_a_selection_moves_with_its_rows(stage: Stage) -> None:
    """What somebody has selected is told where it went when rows and sheets change, and not at all when it is gone."""
    opened, watcher = await arrive(stage)
    opened.audience.select(watcher, parse_range("Sheet1", "B2:C3"))
    for edit, place in (
        ({"op": "insert_rows", "sheet": "Sheet1", "at": 3, "count": 2}, parse_range("Sheet1", "B2:C5")),
        ({"op": "rename_sheet", "sheet": "Sheet1", "name": "Data"}, parse_range("Data", "B2:C5")),
        ({"op": "delete_rows", "sheet": "Data", "at": 1, "count": 9}, None),
    ):
        await opened.edit(ACTOR, [edit_from_json(edit)])
        while True:
            news = await news_of(watcher, Presence)
            assert isinstance(news, Presence)
            if news.people[0].place == place:
                break


async def test_viewers_share_what_only_they_see(stage: Stage) -> None:
    """Two viewers are told one object, in which nothing loads that nobody asked for."""
    opened, viewers = await stage.open(), [(await arrive(stage, "viewer"))[1] for _ in range(2)]
    await stage.log.append(stage.id, ACTOR, [typed("A1", "=STOCK()")], uuid4(), 0)
    await opened.follow(1)
    first, second = [await news_of(watcher, Changes) for watcher in viewers]
    assert first is second
    assert shown(first) == {"A1": "#N/A"}
    assert stage.upstream.asked == []


async def test_an_editor_at_the_socket_causes_the_calls_of_others_edits(stage: Stage) -> None:
    """What another process wrote is asked here too, as soon as somebody who may cause it watches."""
    opened, watcher = await arrive(stage, "editor")
    await stage.log.append(stage.id, ACTOR, [typed("A1", "=STOCK()")], uuid4(), 0)
    await opened.follow(1)
    stage.upstream.answer("STOCK", Answer(7, fetched_at=1.0))
    assert shown(await news_of(watcher, Values)) == {"A1": 7}


async def test_what_was_missed_is_told_once_and_in_order(stage: Stage) -> None:
    """Each changed cell comes once, under the last seq that touched it; answers since then come first."""
    opened = await stage.open()
    await type_in(opened, "A1", "=STOCK()")
    stage.upstream.answer("STOCK", Answer(7, fetched_at=1.0))
    assert (await settled(opened, "A1")).value == 7  # pyright: ignore[reportOptionalMemberAccess] -- it fails here then
    await type_in(opened, "B1", "1")
    await type_in(opened, "C1", "1")
    await type_in(opened, "B1", "2")
    _, watcher = await arrive(stage, seq=1)
    *told, last = unsent(watcher)
    assert [type(news) for news in told] == [Values, Changes, Changes, Changes]
    assert isinstance(last, Description)
    assert [shown(news) for news in told] == [{"A1": 7}, {}, {"C1": 1}, {"B1": 2}]


@pytest.mark.parametrize("seq", [None, 5])
async def test_without_a_known_seq_it_is_the_whole_workbook(stage: Stage, seq: int | None) -> None:
    """Who knows nothing, or more than there is, gets everything."""
    await type_in(await stage.open(), "A1", "1")
    _, watcher = await arrive(stage, seq=seq)
    (picture,) = unsent(watcher)
    assert isinstance(picture, Picture)
    assert [cell.shown.value for cell in picture.cells()] == [1]


async def test_a_picture_does_not_change_afterwards(stage: Stage) -> None:
    """A picture shows its own seq, however late its cells are sorted."""
    opened, watcher = await arrive(stage)
    await type_in(opened, "A1", "1")
    picture, changes = unsent(watcher)
    assert isinstance(picture, Picture)
    assert isinstance(changes, Changes)
    assert (picture.seq, list(picture.cells()), changes.seq) == (0, [], 1)


async def test_too_much_unsent_ends_watching(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watcher who takes nothing is let go, and the others are told everything."""
    monkeypatch.setattr(audience, "MOST_UNSENT", 5)
    opened, slow = await arrive(stage)
    _, quick = await arrive(stage)
    for row in range(1, 9):
        await type_in(opened, f"A{row}", "1")
        assert shown(await news_of(quick, Changes)) == {f"A{row}": 1}
    assert (slow.end, quick.end) == (End.TOO_SLOW, None)
    assert unsent(slow) == []


async def test_in_doubt_nothing_is_handed_out(stage: Stage) -> None:
    """News waits until the doubt is over, and is lost when watching ends instead."""
    opened, watcher = await arrive(stage)
    opened.audience.doubt()
    waiting = asyncio.create_task(watcher.next())
    await type_in(opened, "A1", "1")
    await watcher.wait_for_doubt(PATIENCE)
    assert not waiting.done()
    watcher.doubt()
    watcher.trust()
    await asyncio.sleep(0)
    assert not waiting.done()
    await watcher.wait_for_doubt(PATIENCE)
    watcher.trust()
    assert isinstance(await waiting, Picture)
    watcher.finish(End.REMOVED)
    await type_in(opened, "A1", "2")
    assert unsent(watcher) == []


async def test_a_person_with_two_windows_is_present_once(stage: Stage) -> None:
    """Of several windows the one used last says what is selected."""
    opened, person = await stage.open(), Person(uuid4(), "ada@example.com")
    first, second = (Watcher(person, is_viewer=False) for _ in range(2))
    for watcher in (first, second):
        opened.audience.join(watcher)
    for watcher, area in ((first, "A1"), (second, "B2"), (first, "C3")):
        opened.audience.select(watcher, parse_range("Sheet1", area))
    told = await news_of(second, Presence)
    assert isinstance(told, Presence)
    assert [(one.person, one.place) for one in told.people] == [(person, parse_range("Sheet1", "C3"))]


async def test_progress_is_told_at_most_twice_a_second(stage: Stage) -> None:
    """Many calls that come and go make few frames, and the last one says that all is done."""
    opened, watcher = await arrive(stage)
    begun = asyncio.get_running_loop().time()
    for days in range(1, 21):
        await type_in(opened, f"A{days}", f"=SALES({days})")
    stage.upstream.answer("SALES", Answer(1, fetched_at=1.0))
    told: list[Progress] = []
    while not told or told[-1].pending or not told[-1].done:
        news = await news_of(watcher, Progress)
        assert isinstance(news, Progress)
        told.append(news)
    seconds = asyncio.get_running_loop().time() - begun
    assert (told[-1].pending, told[-1].done) == (0, 20)
    assert len(told) <= 2 + seconds * 2


@pytest.mark.parametrize(("role", "asked"), [("editor", 2), ("viewer", 1)])
async def test_old_answers_are_asked_again_while_an_editor_watches(stage: Stage, role: Role, asked: int) -> None:
    """What is older than the owner allows is asked anew in time, never because of a viewer."""
    opened = await stage.open()
    stage.upstream.answer("STOCK", Answer(7, fetched_at=1.0))
    await type_in(opened, "A1", "=STOCK()")
    await settled(opened, "A1")
    _, watcher = await arrive(stage, role)
    opened.refresh_minutes = 1
    stage.upstream.answer("STOCK", Answer(8, fetched_at=2.0))
    await stage.hub.ask_on_time()
    if role == "editor":
        assert shown(await news_of(watcher, Values)) == {"A1": 8}
    assert len(stage.upstream.asked) == asked


async def test_deletion_and_stopping_end_watching(stage: Stage) -> None:
    """Who watches learns why the workbook closed."""
    _, watcher = await arrive(stage)
    stage.log.is_gone = True
    await stage.hub.access_changed(stage.id)
    assert watcher.end is End.DELETED
    stage.log.is_gone = False
    _, watcher = await arrive(stage)
    await stage.hub.close_all()
    assert watcher.end is End.STOPPING
