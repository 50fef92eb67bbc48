"""What a plugin's function may do, and what becomes of one that misbehaves."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gridos.errors import SecretUnreadable, StorageUnavailable, VaultLocked
from gridos.fetching import Patience
from gridos.plugins import OpenConnection
from gridos.secret import Secret
from tests.fetching.stage import Clock, Stage, call, shared, until

CANARY = "sk_test_canary_4242"

# The way existing connectors are written: synchronous, their own networking, a cache in a global.
CACHING = """
_cache = {}
calls = 0

def register(kernel):
    @kernel.formula("PROBE")
    def probe(days=30):
        global calls
        calls += 1
        if "revenue" not in _cache:
            _cache["revenue"] = len(kernel.get_secret("probe", "TOKEN", env_fallback="TOKEN"))
        return [[_cache["revenue"], calls]]
"""


def source(body: str, *, asynchronous: bool = False) -> str:
    """A plugin whose function has this body."""
    keyword = "async def" if asynchronous else "def"
    return f"""
import asyncio, sys, threading
from tests.fetching.stage import shared
def register(kernel):
    @kernel.formula("PROBE")
    {keyword} probe(*arguments):
        {body}
"""


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Something for a stuck function to wait for; opened at the end, so that no thread outlives its test."""
    shared.gate.clear()
    shared.seen.clear()
    yield shared.gate
    shared.gate.set()


async def test_a_module_level_cache_is_not_shared_between_owners(stage: Stage) -> None:
    """In saas each owner runs a plugin's globals of their own, kept from call to call."""
    await stage.start(CACHING, saas=True)
    ada, ben = stage.connect(TOKEN="1"), stage.connect(TOKEN="22")
    assert [await stage.value(ada, 7), await stage.value(ben, 7)] == [[[1, 1]], [[2, 1]]]
    assert [await stage.value(ada, 8), await stage.value(ben, 8)] == [[[1, 2]], [[2, 2]]]


async def test_globals_end_with_the_connection(stage: Stage) -> None:
    """A replaced secret, or Disconnect, ends what a plugin remembers."""
    fetcher = await stage.start(CACHING, saas=True)
    old = stage.connect(TOKEN="1")
    await stage.ask(old)
    new = stage.connect(old, TOKEN="22")
    assert await stage.value(new) == [[2, 1]]
    fetcher.forget(new.id)
    assert await stage.value(new) == [[2, 1]]


async def test_many_calls_start_a_plugin_once(stage: Stage) -> None:
    """Calls that arrive together share one execution of plugin.py."""
    await stage.start(CACHING, saas=True)
    ref = stage.connect(TOKEN="1")
    answers: list[Any] = await asyncio.gather(*(stage.value(ref, number) for number in range(10)))
    assert sorted(answer[0][1] for answer in answers) == list(range(1, 11))


async def test_one_user_shares_globals(stage: Stage) -> None:
    """In oss there is one user, so the plugin runs as it was loaded."""
    await stage.start(CACHING, saas=False)
    assert await stage.value(stage.connect(TOKEN="1")) == [[1, 1]]
    assert await stage.value(stage.connect(TOKEN="22")) == [[1, 2]]


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_arguments(stage: Stage, *, asynchronous: bool) -> None:
    """Numbers, texts, truth values, blanks and ranges arrive as themselves."""
    await stage.start(source("return repr(arguments)", asynchronous=asynchronous))
    given = [1, 2.5, "a", True, None, [[1, None], ["b", False]]]
    assert await stage.value(stage.connect(), *given) == repr(tuple(given))


@pytest.mark.parametrize(("given", "takes"), [((), "1 to 2 arguments"), ((1, 2, 3), "1 to 2 arguments")])
async def test_wrong_number_of_arguments(stage: Stage, given: tuple[int, ...], takes: str) -> None:
    """A call with too few or too many arguments is `#VALUE!` and says how many there may be."""
    await stage.start(CACHING.replace("days=30", "first, days=30"))
    error = await stage.error(stage.connect(), *given)
    assert (error.code, error.detail) == ("#VALUE!", f"PROBE takes {takes}.")


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        f"raise ValueError('{CANARY} https://x.test/?key=1')",
        f"raise SystemExit('{CANARY}')",
        "sys.exit(3)",
        f"raise StopIteration('{CANARY}')",
        f"raise asyncio.CancelledError('{CANARY}')",
        f"raise BaseExceptionGroup('{CANARY}', [ValueError()])",
        "return object()",
        "return {'a': 1}",
        "return kernel.get_secret('stripe', 'TOKEN')",
        "return kernel.get_secret('probe', 'OTHER')",
        "(lambda f: f(f))(lambda f: f(f))",
    ],
)
async def test_a_plugin_that_raises(
    stage: Stage, caplog: pytest.LogCaptureFixture, *, asynchronous: bool, body: str
) -> None:
    """Whatever a function raises is `#PROBE_ERROR!`; its words are in no cell and no log, its kind is in the log."""
    caplog.set_level(logging.DEBUG)
    await stage.start(source(body, asynchronous=asynchronous))
    error = await stage.error(stage.connect(TOKEN=CANARY))
    assert error.code == "#PROBE_ERROR!"
    assert CANARY not in repr(error) + caplog.text
    assert "x.test" not in repr(error) + caplog.text


async def test_the_kind_of_an_exception_is_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """The operator learns which function of which plugin raised what kind of exception."""
    await stage.start(source("raise ZeroDivisionError"))
    await stage.ask(stage.connect())
    assert "plugin probe: PROBE raised ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("returned", ["'#NO_DATA!'", "'#PROBE_429!'"])
async def test_errors_of_a_plugins_own(stage: Stage, returned: str) -> None:
    """A text such as `#NO_DATA!` is an error value."""
    await stage.start(source(f"return {returned}"))
    assert (await stage.error(stage.connect())).code == returned.strip("'")


async def test_error_texts_that_are_not_counted(stage: Stage) -> None:
    """A text that a plugin made of somebody's data is counted without it."""
    await stage.start(source("return '#no data for ada@example.com!'"))
    await stage.ask(stage.connect())
    assert stage.fetcher.counts.errors == {"other": 1}


async def test_a_secret_in_an_answer_is_blocked(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """A plugin that returns its secret, in a list or in an error, shows `#BLOCKED!`; a harmless slot passes."""
    await stage.start(source("return [[1, kernel.get_secret('probe', arguments[0])]]"))
    ref = stage.connect(TOKEN=CANARY, SHOP="my-shop-of-things")
    assert (await stage.error(ref, "TOKEN")).code == "#BLOCKED!"
    assert await stage.value(ref, "SHOP") == [[1, "my-shop-of-things"]]
    assert CANARY not in caplog.text


async def test_the_environment_is_searched_for_too(stage: Stage) -> None:
    """In oss a value from the environment is a secret like any other."""
    await stage.start(source("return kernel.get_secret('probe', 'TOKEN', env_fallback='PROBE_TOKEN')"), saas=False)
    ref = stage.connect(TOKEN="")
    stage.connections[ref.id] = OpenConnection(ref, {}, {"PROBE_TOKEN": Secret(CANARY)})
    assert (await stage.error(ref)).code == "#BLOCKED!"


async def test_a_secret_is_out_of_reach_after_the_call(stage: Stage, gate: threading.Event) -> None:
    """A thread that a function left behind finds its secrets gone once the call has returned."""
    body = """
        import contextvars
        def later():
            shared.gate.wait()
            try:
                shared.seen.append(kernel.get_secret("probe", "TOKEN"))
            except Exception as error:
                shared.seen.append(type(error).__name__)
        threading.Thread(target=contextvars.copy_context().run, args=(later,), daemon=True).start()
        return 1"""
    await stage.start(source(body))
    assert await stage.value(stage.connect()) == 1
    gate.set()
    await until(lambda: shared.seen)
    assert shared.seen == ["OutsideCall"]


async def test_stuck_functions_starve_nobody_else(stage: Stage, gate: threading.Event) -> None:
    """A user whose functions hang keeps four threads busy; another user's are answered, and the loop goes on."""
    await stage.start(source("arguments and shared.gate.wait(); return 1"))
    stuck, other = stage.connect(), stage.connect()
    waiting = [asyncio.create_task(stage.ask(stuck, number)) for number in range(40)]
    assert await stage.value(other) == 1
    gate.set()
    assert [answer.value for answer in await asyncio.gather(*waiting)] == [1] * 40


async def test_a_thread_keeps_its_turn_until_it_ends(stage: Stage, gate: threading.Event) -> None:
    """Giving up on stuck functions does not let more than four of them pile up."""
    running = source("arguments and shared.seen.append(''); arguments and shared.gate.wait(); return 1")
    await stage.start(running, patience=Patience(call=0.05))
    ref = stage.connect()
    asked = [asyncio.create_task(stage.ask(ref, number)) for number in range(8)]
    await until(lambda: sum(task.done() for task in asked) == 4)
    assert len(shared.seen) == 4
    gate.set()
    await asyncio.gather(*asked)
    assert len(shared.seen) == 8


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.Event().wait()",
        """while True:
            try:
                await asyncio.sleep(0.01)
                if shared.gate.is_set():
                    return 1
            except asyncio.CancelledError:
                pass""",
    ],
)
async def test_a_call_that_takes_too_long(stage: Stage, gate: threading.Event, body: str) -> None:
    """A function that never ends, even one that ignores its cancellation, becomes an error in time."""
    await stage.start(source(body, asynchronous=True), patience=Patience(call=0.05))
    assert (await stage.error(stage.connect())).code == "#PROBE_OFFLINE!"
    gate.set()


async def test_waiting_for_a_turn_is_nobodys_fault(stage: Stage) -> None:
    """A call that waits long for its turn is not cut off for it."""
    slow = stage.upstream.handler

    async def handler(request: Any) -> Any:
        await asyncio.sleep(0.04)
        return await slow(request)

    stage.upstream.handler = handler
    await stage.start(connection={"at_once": 1}, patience=Patience(call=0.2))
    ref = stage.connect()
    assert await asyncio.gather(*(stage.value(ref, f"/{number}") for number in range(10))) == [42] * 10


@pytest.mark.parametrize("trouble", [VaultLocked, SecretUnreadable, StorageUnavailable])
async def test_a_connection_that_cannot_be_opened(stage: Stage, trouble: type[Exception]) -> None:
    """A locked vault, an unreadable row and a silent database are `#VAULT!`, say which, and heal by themselves."""
    clock = Clock()
    await stage.start(clock=clock)
    ref = stage.connect()
    stage.trouble = trouble()
    error = await stage.error(ref)
    assert (error.code, error.retry_at) == ("#VAULT!", clock.now + 15)
    assert error.detail == trouble.__doc__
    stage.trouble = None
    clock.now += 15
    assert await stage.value(ref) == 42


async def test_storage_that_fails_in_its_own_way(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """An exception nobody foresaw is `#VAULT!` too, and its words stay out of cell and log."""
    await stage.start()
    stage.trouble = RuntimeError(CANARY)
    error = await stage.error(stage.connect())
    assert error.code == "#VAULT!"
    assert CANARY not in repr(error) + caplog.text
    assert "RuntimeError" in caplog.text


async def test_a_function_that_is_gone(stage: Stage) -> None:
    """A call of a function that no plugin has any more is `#NAME?`."""
    fetcher = await stage.start()
    answer = await fetcher.ask(stage.connect(), type(call())("GONE", "[]"))
    assert getattr(answer.value, "code", None) == "#NAME?"


async def test_a_plugin_without_a_connection(stage: Stage) -> None:
    """A plugin whose manifest declares no connection has no way out."""
    await stage.start(connection=None)
    assert (await stage.error(stage.connect())).code == "#BLOCKED!"
