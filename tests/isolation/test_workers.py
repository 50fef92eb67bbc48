"""What a call in a plugin's process brings, and what becomes of processes."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from gridos.grid import CellError
from gridos.isolation import Forks, Place, PluginFailed, ProcessEnded, Returned, Workers, processes
from gridos.isolation import workers as workers_module
from gridos.plugins import read_results
from tests.fetching.stage import until
from tests.isolation.conftest import Load, Run, probe
from tests.plugins.conftest import RecordingHttp, scope_of


async def test_a_value_comes_back(run: Run) -> None:
    """Arguments and values keep their kinds."""
    returned = await run("return [[*arguments[:3], arguments[3][0], arguments[4]]]", 1, 2.5, "é", [True], None)
    assert json.loads(returned.value) == [[1, 2.5, "é", True, None]]


async def test_requests_are_made_by_the_server(run: Run, load: Load) -> None:
    """The plugin names a path; it is the call's own way out that is asked."""
    http = RecordingHttp()
    scope = scope_of(load(probe("return 1")).manifest, {}, http=http)
    body = """
    first = await kernel.http.get_json("/a", {"x": 1})
    answer = await kernel.http.request("POST", "/b", json={"y": [1]}, cost=3)
    lines = [line async for line in kernel.http.lines("https://files.test/x")]
    decoded = await kernel.http.decoded(answer)
    kernel.http.learn(available=1, per_second=2, capacity=3)
    kernel.progress(10, 20)
    return [first["count"], answer.status, len(lines), decoded["status"]]
    """
    assert json.loads((await run(body, scope=scope)).value) == [[3, 204, 1, 204]]
    assert [asked[:2] for asked in http.asked] == [
        ("GET", "/a"), ("POST", "/b"), ("LINES", "https://files.test/x"), ("DECODED", 204), ("LEARN", 1.0),
    ]  # fmt: skip


async def test_days_and_sources_are_the_servers(load: Load, workers: Workers) -> None:
    """What a connection keeps is reached from the process as from anywhere else."""
    code = """
    from datetime import date
    from gridos.plugins import Day, DayTotal

    def register(kernel):
        @kernel.source("repo")
        async def repo(name):
            return name

        @kernel.formula("PROBE")
        async def probe():
            day = date(2026, 1, 2)
            await kernel.days.put("orders", "UTC", {day: Day(5.0, [DayTotal("EUR", 1234, 2)])})
            await kernel.days.confirm("orders", "UTC", day, day, 6.0)
            kept = await kernel.days.read("orders", "UTC", day, day)
            return [await repo("x"), [kept[day].as_of, kept[day].totals[0].amount_minor]]
    """
    plugin = load(code)
    scope = scope_of(plugin.manifest, {})
    assert plugin.folder
    returned = await workers.run(Place(plugin.folder, uuid4(), 1), "PROBE", "[]", scope)
    assert json.loads(returned.value) == [["repo", "x"], [6.0, 1234]]


async def test_sources_look_back_and_answer_together(load: Load, workers: Workers) -> None:
    """An earlier answer comes with the call, and what a batch brings is written as the server reads it."""
    code = """
    from gridos.plugins import CellError

    def register(kernel):
        @kernel.source("repo")
        async def repo(name):
            return [kernel.earlier(), name]

        @kernel.batch("repo")
        async def repos(calls):
            return [CellError("#PROBE_GONE!"), None, calls[2]]
    """
    plugin = load(code)
    scope = replace(scope_of(plugin.manifest, {}), earlier={"etag": "1"})
    assert plugin.folder
    place, batch = Place(plugin.folder, uuid4(), 1), plugin.sources["repo"].batch
    assert batch
    assert json.loads((await workers.run(place, "repo", '["x"]', scope)).value) == [{"etag": "1"}, "x"]
    together = await workers.run(place, batch.name, '[[["x"], ["y"], ["z"]]]', scope)
    assert read_results(json.loads(together.value), 3) == [CellError("#PROBE_GONE!"), None, ["z"]]


async def test_secrets_come_with_the_call(run: Run) -> None:
    """A plugin that reads its secret reads its own."""
    assert (await run("return kernel.get_secret('probe', 'TOKEN')")).value == b'"sk_test_canary_4242"'


async def test_an_exceptions_words_stay_in_the_process(run: Run) -> None:
    """Only the kind of what a plugin raises comes out."""
    returned = await run("raise KeyError(kernel.get_secret('probe', 'TOKEN'))")
    assert (returned.raised, returned.value, returned.error) == ("KeyError", b"", None)


COUNTING = probe("globals()['n'] = globals().get('n', 0) + 1\nreturn globals()['n']")


async def test_owners_have_globals_of_their_own(load: Load, workers: Workers) -> None:
    """What one connection's code remembers, another's and a replaced secret's never see."""
    plugin = load(COUNTING)
    assert plugin.folder
    ada, ben = uuid4(), uuid4()

    async def count(connection: UUID, version: int = 1) -> int:
        assert plugin.folder
        place = Place(plugin.folder, connection, version)
        return json.loads((await workers.run(place, "PROBE", "[]", scope_of(plugin.manifest, {}))).value)

    assert [await count(ada), await count(ada), await count(ben), await count(ada, 2)] == [1, 2, 1, 1]
    workers.forget(ada)
    assert [await count(ada), await count(ben)] == [1, 2]


async def test_a_crash_costs_only_its_own_call(load: Load, workers: Workers) -> None:
    """Calls that shared the process are answered all the same."""
    code = """
    import asyncio, os
    def register(kernel):
        @kernel.formula("PROBE")
        async def probe(crashes):
            await asyncio.sleep(0.05)
            if crashes:
                os.abort()
            await asyncio.sleep(0.05)
            return 1
    """
    plugin = load(code)
    assert plugin.folder
    place, scope = Place(plugin.folder, uuid4(), 1), scope_of(plugin.manifest, {})
    calls = [workers.run(place, "PROBE", json.dumps([crashes]), scope) for crashes in (False, True, False)]
    first, crashed, last = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(crashed, ProcessEnded)
    assert isinstance(first, Returned)
    assert isinstance(last, Returned)
    assert first.value == last.value == b"1"


async def test_a_spin_is_ended(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that does not even say that it is there is killed."""
    monkeypatch.setattr(processes, "PING_SECONDS", 0.05)
    monkeypatch.setattr(processes, "SILENCE_SECONDS", 0.5)
    with pytest.raises(ProcessEnded):
        await run("while True: pass")


async def test_a_call_that_is_called_off_ends(load: Load, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled, a call that will not stop takes its process with it, and the next one gets a new one."""
    monkeypatch.setattr(processes, "FAREWELL_SECONDS", 0.05)
    plugin = load(probe("import time\nwhile arguments: time.sleep(0.01)\nimport os\nreturn os.getpid()", keyword="def"))
    assert plugin.folder
    place, scope = Place(plugin.folder, uuid4(), 1), scope_of(plugin.manifest, {})
    before = (await workers.run(place, "PROBE", "[]", scope)).value
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await workers.run(place, "PROBE", "[1]", scope)
    await _ends(int(before))
    assert (await workers.run(place, "PROBE", "[]", scope)).value != before


async def test_nothing_is_granted_after_the_end(load: Load, workers: Workers) -> None:
    """A call that was called off asks for one more request, and the server does not send it."""
    http = RecordingHttp()
    code = probe("import asyncio\ntry:\n    await asyncio.sleep(9)\nfinally:\n    await kernel.http.get_json('/late')")
    plugin = load(code)
    assert plugin.folder
    place, scope = Place(plugin.folder, uuid4(), 1), scope_of(plugin.manifest, {}, http=http)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await workers.run(place, "PROBE", "[]", scope)
    assert (await workers.run(place, "NONE", "[]", scope)).raised == "KeyError"
    assert http.asked == []


async def test_idle_processes_end(load: Load, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's process stays longer than somebody wants it."""
    monkeypatch.setattr(workers_module, "IDLE_SECONDS", 0.1)
    plugin = load(probe("import os\nreturn os.getpid()"))
    assert plugin.folder
    returned = await workers.run(Place(plugin.folder, uuid4(), 1), "PROBE", "[]", scope_of(plugin.manifest, {}))
    await _ends(int(returned.value))


async def test_processes_end_with_the_server(load: Load) -> None:
    """The fork server takes all of them along."""
    forks = Forks()
    workers = Workers(forks)
    plugin = load(probe("import os\nreturn os.getpid()"))
    assert plugin.folder
    returned = await workers.run(Place(plugin.folder, uuid4(), 1), "PROBE", "[]", scope_of(plugin.manifest, {}))
    forks.close()
    await _ends(int(returned.value))
    workers.end_all()


async def _ends(pid: int) -> None:
    """A process that ended is gone, or waits for the fork server to look."""
    status = Path(f"/proc/{pid}/status")
    await until(lambda: not status.exists() or "zombie" in status.read_text())


PURE = """
import time
def register(kernel):
    @kernel.formula("PROBE")
    def probe(kind="ok"):
        if kind == "slow":
            time.sleep(60)
        if kind == "raises":
            raise ValueError
        if kind == "ends":
            import os
            os.abort()
        return f"Hello, {kind}!"
"""


async def test_functions_that_ask_nobody_are_run_in_a_pass(load: Load) -> None:
    """The engine's thread waits for them, as for those in the server."""
    plugin = load(PURE, secrets=[], connection=None)
    function = plugin.functions["PROBE"]
    assert not function.live
    assert await asyncio.to_thread(function.function, "Ada") == "Hello, Ada!"


@pytest.mark.parametrize("kind", ["slow", "raises", "ends"])
async def test_a_pass_is_not_held_up(load: Load, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A function that fails, in whatever way, is an error of its cell, and soon."""
    monkeypatch.setattr(workers_module, "PURE_SECONDS", 1.0)
    function = load(PURE, secrets=[], connection=None).functions["PROBE"].function
    with pytest.raises(PluginFailed):
        await asyncio.to_thread(function, kind)


async def test_what_held_up_a_pass_rests(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand cells do not each wait for a function that does not come back."""
    monkeypatch.setattr(workers_module, "PURE_SECONDS", 0.2)
    function = load(PURE, secrets=[], connection=None).functions["PROBE"].function
    for _ in range(2):
        with pytest.raises(PluginFailed):
            await asyncio.to_thread(function, "slow")
    with pytest.raises(PluginFailed):
        await asyncio.to_thread(function, "Ada")


async def test_an_error_is_an_error(run: Run) -> None:
    """An error value that a function returns comes out as one, with its words."""
    returned = await run("from gridos.plugins import CellError\nreturn CellError('#NO_DATA!', 'Nothing there')")
    assert returned.error == CellError("#NO_DATA!", "Nothing there", plugin="probe")


async def test_a_wrong_number_of_arguments_is_explained(load: Load, workers: Workers) -> None:
    """As for any other function."""
    plugin = load("def register(kernel):\n    @kernel.formula('PROBE')\n    async def probe(a, b=1): ...")
    assert plugin.folder
    returned = await workers.run(Place(plugin.folder, uuid4(), 1), "PROBE", "[]", scope_of(plugin.manifest, {}))
    assert returned.error
    assert (returned.error.code, returned.error.detail) == ("#VALUE!", "PROBE takes 1 to 2 arguments.")
