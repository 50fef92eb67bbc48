"""What a plugin may read, and when."""

import asyncio
import contextvars
import inspect
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from gridos.errors import BadPlugin, ForeignSecret, NotAllowed, OutsideCall
from gridos.plugins import CallScope, Kernel, Manifest, read_results
from gridos.plugins.scope import no_call
from gridos.secret import Secret
from tests.plugins.conftest import RecordingHttp, scope_of

NOTION = Manifest.model_validate({"slug": "notion", "secrets": [{"key": "TOKEN"}, {"key": "SPACE"}]})
OTHER = Manifest.model_validate({"slug": "other", "secrets": [{"key": "TOKEN"}]})


def scope(manifest: Manifest = NOTION, environment: Mapping[str, str] | None = None, **secrets: str) -> CallScope:
    """A call of one plugin, with these opened secrets."""
    return scope_of(
        manifest,
        {key: Secret(value) for key, value in secrets.items()},
        {name: Secret(value) for name, value in (environment or {}).items()},
    )


@pytest.fixture
def kernel() -> Kernel:
    """The kernel of a plugin with two declared secrets."""
    return Kernel(NOTION)


def test_a_secret_is_read_during_a_call(kernel: Kernel) -> None:
    """The plugin's own slug and a declared key give the owner's value."""
    with scope(TOKEN="t-1").entered():
        assert kernel.get_secret("notion", "TOKEN") == "t-1"


def test_an_unset_secret_is_an_empty_text(kernel: Kernel) -> None:
    """A declared key without a value is no error."""
    with scope(TOKEN="").entered():
        assert kernel.get_secret("notion", "TOKEN") == ""
        assert kernel.get_secret("notion", "SPACE") == ""


@pytest.mark.parametrize(("slug", "key"), [("other", "TOKEN"), ("notion", "PATH"), ("notion", "token"), ("", "TOKEN")])
def test_other_secrets_are_refused(kernel: Kernel, slug: str, key: str) -> None:
    """Neither another plugin's slug nor an undeclared key is answered, even when a value is at hand."""
    with scope(TOKEN="t", PATH="p", token="x").entered(), pytest.raises(ForeignSecret):
        kernel.get_secret(slug, key)


def test_outside_a_call_there_is_nothing(kernel: Kernel) -> None:
    """Before the first call and after the last, a kernel refuses."""
    with pytest.raises(OutsideCall):
        kernel.get_secret("notion", "TOKEN")
    with scope(TOKEN="t").entered():
        pass
    with pytest.raises(OutsideCall):
        kernel.get_secret("notion", "TOKEN")


def test_another_plugins_call_lends_nothing(kernel: Kernel) -> None:
    """While another plugin's call runs, this plugin's kernel refuses."""
    with scope(OTHER, TOKEN="t").entered(), pytest.raises(OutsideCall):
        kernel.get_secret("notion", "TOKEN")


def test_a_call_inside_a_call_ends_alone(kernel: Kernel) -> None:
    """When the inner call returns, the outer one goes on with its own values."""
    with scope(TOKEN="outer").entered():
        with scope(TOKEN="inner").entered():
            assert kernel.get_secret("notion", "TOKEN") == "inner"
        assert kernel.get_secret("notion", "TOKEN") == "outer"


def test_loading_hides_a_running_call(kernel: Kernel) -> None:
    """A plugin executed afresh in the midst of its own call cannot read its secrets while it loads."""
    with scope(TOKEN="t").entered():
        with no_call(), pytest.raises(OutsideCall):
            kernel.get_secret("notion", "TOKEN")
        assert kernel.get_secret("notion", "TOKEN") == "t"


def test_a_call_that_raises_ends_too(kernel: Kernel) -> None:
    """An exception does not leave the secrets open."""
    call, kept = scope(TOKEN="t"), list[contextvars.Context]()

    def fail() -> None:
        with call.entered():
            kept.append(contextvars.copy_context())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(OutsideCall):
        kept[0].run(kernel.get_secret, "notion", "TOKEN")


def test_a_thread_that_kept_the_context_is_refused(kernel: Kernel) -> None:
    """A thread reads while the call runs; the same thread is refused once it has returned."""
    has_read, returned, outcome = threading.Event(), threading.Event(), list[object]()

    def read() -> None:
        try:
            outcome.append(kernel.get_secret("notion", "TOKEN"))
        except NotAllowed as refusal:
            outcome.append(type(refusal))

    def linger() -> None:
        read()
        has_read.set()
        returned.wait(10)
        read()

    with scope(TOKEN="t").entered():
        thread = threading.Thread(target=contextvars.copy_context().run, args=(linger,))
        thread.start()
        assert has_read.wait(10)
    returned.set()
    thread.join(10)
    assert outcome == ["t", OutsideCall]


async def test_a_task_that_outlives_its_call_is_refused(kernel: Kernel) -> None:
    """What a plugin leaves running in the background can read nothing and send nothing."""
    release = asyncio.Event()

    async def linger() -> None:
        await release.wait()
        with pytest.raises(OutsideCall):
            kernel.get_secret("notion", "TOKEN")
        await kernel.http.get_json("/v1/me")

    with scope(TOKEN="t").entered():
        task = asyncio.create_task(linger())
    release.set()
    with pytest.raises(OutsideCall):
        await task


async def test_calls_at_the_same_time_keep_to_themselves(kernel: Kernel) -> None:
    """Two owners' calls of one plugin, interleaved, each read their own value."""
    barrier = asyncio.Barrier(2)

    async def call(value: str) -> str:
        with scope(TOKEN=value).entered():
            await barrier.wait()
            return kernel.get_secret("notion", "TOKEN")

    assert await asyncio.gather(call("ada"), call("ben")) == ["ada", "ben"]


async def test_http_is_the_calls_own(kernel: Kernel) -> None:
    """`kernel.http` passes each request to the way out of the call that runs."""
    call = scope()
    with call.entered():
        assert await kernel.http.get_json("/a", {"b": 1}) == {"count": 3}
        await kernel.http.post_json("/c", {"d": 2})
        assert (await kernel.http.request("PUT", "/e", params={"f": 3}, json=[4])).status == 204
    assert isinstance(call.http, RecordingHttp)
    assert call.http.asked == [("GET", "/a", {"b": 1}), ("POST", "/c", {"d": 2}), ("PUT", "/e", {"f": 3}, [4])]


async def test_http_is_refused_outside_a_call(kernel: Kernel) -> None:
    """Without a running call there is no way out at all."""
    for request in (
        kernel.http.get_json("/"),
        kernel.http.post_json("/", {}),
        kernel.http.request("GET", "/"),
    ):
        with pytest.raises(OutsideCall):
            await request


@pytest.mark.parametrize("name", ["NOTION_TOKEN", "TOKEN", "NOTION_SPACE"])
def test_env_fallback_may_name_its_own_variables(kernel: Kernel, name: str) -> None:
    """`<SLUG>_<KEY>` and declared keys are looked up in what the operator's environment lends this call."""
    with scope(environment={name: "from-env"}).entered():
        assert kernel.get_secret("notion", "TOKEN", env_fallback=name) == "from-env"


def test_a_stored_value_wins_over_the_environment(kernel: Kernel) -> None:
    """The fallback is only a fallback."""
    with scope(environment={"NOTION_TOKEN": "env"}, TOKEN="stored").entered():
        assert kernel.get_secret("notion", "TOKEN", env_fallback="NOTION_TOKEN") == "stored"


@pytest.mark.parametrize("name", ["PATH", "STRIPE_SECRET_KEY", "notion_token", ""])
def test_no_other_variable_is_ever_read(
    kernel: Kernel, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Any other name gives an empty text and a warning that names the plugin, not the value."""
    monkeypatch.setenv("STRIPE_SECRET_KEY", "canary")
    with scope(environment={name: "canary"}).entered(), caplog.at_level(logging.WARNING):
        assert kernel.get_secret("notion", "TOKEN", env_fallback=name) == ""
    assert "notion" in caplog.text
    assert "canary" not in caplog.text


def test_the_real_environment_is_never_consulted(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a lent environment (always, in `saas`) even the plugin's own variable is not read."""
    monkeypatch.setenv("NOTION_TOKEN", "operator's")
    with scope().entered():
        assert kernel.get_secret("notion", "TOKEN", env_fallback="NOTION_TOKEN") == ""


def test_formulas_are_known_by_upper_case_names(kernel: Kernel) -> None:
    """A given name, the function's own name, and the decorator without parentheses."""

    @kernel.formula("Notion.Pages")
    def first() -> int:
        return 1

    @kernel.formula()
    def notion_two() -> int:
        return 2

    @kernel.formula
    async def notion_three() -> int:
        return 3

    assert list(kernel.functions) == ["NOTION.PAGES", "NOTION_TWO", "NOTION_THREE"]
    assert kernel.functions["NOTION.PAGES"].function is first
    assert (first(), notion_two()) == (1, 2)
    assert [function.asynchronous for function in kernel.functions.values()] == [False, False, True]
    assert inspect.iscoroutinefunction(notion_three)


@pytest.mark.parametrize(
    ("members", "sync_is_live"),
    [({}, False), ({"secrets": [{"key": "A"}]}, True), ({"connection": {"base_url": "https://a.example.com"}}, True)],
)
def test_live_functions(members: dict[str, Any], *, sync_is_live: bool) -> None:
    """`async def` is live; any other is live when the plugin declares secrets or a connection."""
    kernel = Kernel(Manifest.model_validate({"slug": "notion", **members}))

    async def waiting() -> int:
        return 1

    kernel.formula("PURE_A")(lambda: 1)
    kernel.formula("LIVE_A")(waiting)
    assert kernel.functions["PURE_A"].live is sync_is_live
    assert kernel.functions["LIVE_A"].live


@pytest.mark.parametrize("name", ["A1", "abc123", "R1C1", "RC", "1A", "A B", "A-B", "_A", "Ä", "A!", "A" * 65, "=A"])
def test_names_that_a_formula_cannot_spell_are_refused(kernel: Kernel, name: str) -> None:
    """Cell addresses and anything but letters, digits, `_` and `.`."""
    with pytest.raises(BadPlugin, match="name"):
        kernel.formula(name)(lambda: 1)


def test_a_formula_is_registered_once(kernel: Kernel) -> None:
    """The second registration of a name is refused, in any case."""
    kernel.formula("PAGES")(lambda: 1)
    with pytest.raises(BadPlugin, match="PAGES is registered twice"):
        kernel.formula("pages")(lambda: 2)


def test_only_functions_are_formulas(kernel: Kernel) -> None:
    """A number under a formula's name is refused."""
    decorate: Callable[[Any], Any] = kernel.formula("PAGES")
    with pytest.raises(BadPlugin, match="not a function"):
        decorate(3)


def test_agents_and_models_are_listed(kernel: Kernel) -> None:
    """They are kept as they were given, further members too."""
    kernel.agent({"id": "a", "system_prompt": "Be kind.", "x": 1})
    kernel.model({"id": "m", "provider": "p", "display_name": "M", "description": "A model."})
    assert kernel.agents == [{"id": "a", "system_prompt": "Be kind.", "x": 1}]
    assert [model["id"] for model in kernel.models] == ["m"]


def test_incomplete_agents_and_models_are_refused(kernel: Kernel) -> None:
    """The sentence names the member that is missing."""
    with pytest.raises(BadPlugin, match="`system_prompt`"):
        kernel.agent({"id": "a"})
    with pytest.raises(BadPlugin, match="`provider`"):
        kernel.model({"id": "m"})


def test_nothing_is_registered_later(kernel: Kernel) -> None:
    """A kernel kept beyond `register` takes nothing more."""
    kernel.close()
    for late in (lambda: kernel.formula("LATE")(print), lambda: kernel.agent({"id": "a", "system_prompt": "x"})):
        with pytest.raises(BadPlugin):
            late()


async def test_a_source_is_asked_through_the_call(kernel: Kernel) -> None:
    """A function gets what the host kept or fetched for the source's name and arguments, not a call of its own."""

    @kernel.source("pages", ttl=60)
    async def pages(_database: str, _version: int = 1) -> list[Any]:
        raise AssertionError

    with scope().entered():
        assert await pages("x", 2) == ["pages", "x", 2]
    assert kernel.sources["pages"].ttl == 60


def test_a_source_has_a_name_of_its_own(kernel: Kernel) -> None:
    """Upper-case names are functions'; a name registered twice would give one source the other's answers."""

    async def pages() -> None: ...

    kernel.source("pages")(pages)
    for name in ("pages", "PAGES", "", "a b"):
        with pytest.raises(BadPlugin, match="source's name"):
            kernel.source(name)(pages)


def test_a_source_is_not_shared_by_synchronous_functions(kernel: Kernel) -> None:
    """They have globals of their own for every owner; a source would run in globals of all."""

    async def pages() -> None: ...

    kernel.source("pages")(pages)
    with pytest.raises(BadPlugin, match="async def"):
        kernel.formula("NOTION_OLD")(lambda: 1)


async def test_a_batch_belongs_to_one_source(kernel: Kernel) -> None:
    """It is registered once, after its source, for a sensible number of calls."""

    async def pages(site: object) -> object:
        return site

    async def all_pages(calls: Sequence[Sequence[object]]) -> list[object]:
        return [*calls]

    with pytest.raises(BadPlugin, match="registered before"):
        kernel.batch("pages")(all_pages)
    kernel.source("pages")(pages)
    for least, most in ((0, 5), (6, 5)):
        with pytest.raises(BadPlugin, match="least"):
            kernel.batch("pages", least=least, most=most)(all_pages)
    kernel.batch("pages")(all_pages)
    batch = kernel.sources["pages"].batch
    assert batch
    assert await kernel.sources[batch.name].function([[1], [2]]) == [{"value": [1]}, {"value": [2]}]
    with pytest.raises(BadPlugin, match="one at most"):
        kernel.batch("pages")(all_pages)


@pytest.mark.parametrize(
    "written", [None, 3, [], [{"value": 1}], [1, 2], [{"error": {"code": 1}}, None], [{"error": {}}, None], "ab"]
)
def test_what_is_no_result_of_a_batch_leaves_all_open(written: object) -> None:
    """A plugin in a process of its own may send anything; each call is then asked for alone."""
    assert read_results(written, 2) == [None, None]
