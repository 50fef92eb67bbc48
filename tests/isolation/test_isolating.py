"""Which plugins run in a process of their own, and what of them is in the server."""

import sys
from pathlib import Path

import pytest

from gridos.plugins import Plugin
from tests.isolation.conftest import Load, probe


def test_its_code_never_runs_in_the_server(load: Load) -> None:
    """Not at import, not in register, not for its pure functions: the server has stand-ins only."""
    plugin = load("import sys\nsys.canary = True\n" + probe("return 1", keyword="def"), secrets=[], connection=None)
    assert plugin.error is None
    assert not hasattr(sys, "canary")
    assert plugin.code is None


def test_it_registers_as_in_the_server(load: Load) -> None:
    """Functions, sources, agents and models are listed with what they said of themselves."""
    code = """
    def register(kernel):
        kernel.agent({"id": "a", "system_prompt": "Be kind."})
        kernel.model({"id": "m", "provider": "p", "display_name": "d", "description": "e"})

        @kernel.source("repo", ttl=60, seconds=600)
        async def repo(name): ...

        @kernel.batch("repo", least=3, most=9)
        async def repos(calls): ...

        @kernel.formula("PROBE", ttl=30)
        async def probe(): ...
    """
    isolated, trusted = load(code), load(code, trusted=("probe",))
    assert isolated.folder
    assert trusted.folder is None
    assert _seen(isolated) == _seen(trusted)


def _seen(plugin: Plugin) -> object:
    functions = [(one.name, one.live, one.asynchronous, one.ttl) for one in plugin.functions.values()]
    batches = [(one.batch.least, one.batch.most) for one in plugin.sources.values() if one.batch]
    assert batches == [(3, 9)]
    sources = [(one.name, one.ttl, one.seconds) for one in plugin.sources.values()]
    return functions, sources, plugin.agents, plugin.models


BROKEN = {
    "def register(kernel): 1 / 0": "ZeroDivisionError",
    "import os\nos._exit(0)": "ended its process",
    "import os\nos.abort()": "ended its process",
    "x = 1": "register",
    "def register(kernel): kernel.agent({'id': 'a', 'system_prompt': {1}})": "not JSON",
    "import socket\nsocket.socket()": "PermissionError",
    "x = bytearray(1 << 30)": "MemoryError",
}


@pytest.mark.parametrize("code", BROKEN)
def test_what_fails_to_load_is_a_sentence(load: Load, code: str) -> None:
    """It is listed with the reason, and leaves nothing else behind."""
    plugin = load(code)
    assert plugin.error
    assert BROKEN[code] in plugin.error
    assert plugin.functions == {}


FORGED = """
def register(kernel):
    import gridos.isolation.worker as worker
    from gridos.isolation.frames import Function, Loaded
    worker._describe = lambda kernel: Loaded([Function({name!r}, True, True, 1.0)])
"""


@pytest.mark.parametrize("name", ["A1", "lower case", "", "X" * 100, "X" * 5, "STRIPE_MRR(1)"])
def test_what_comes_out_of_the_process_is_checked_again(load: Load, name: str) -> None:
    """Code in that process may say anything; the rules for names are those of the server."""
    plugin = load(FORGED.format(name=name))
    assert set(plugin.functions) <= {"XXXXX"}
    assert bool(plugin.error) == (name != "XXXXX")


def test_it_is_known_whether_code_reads_secrets(load: Load) -> None:
    """Marked by the word in its code, since that is what people are warned of before they install."""
    assert load(probe("return kernel.get_secret('probe', 'TOKEN')")).reads_secrets
    assert load(probe("return getattr(kernel, 'get_secret')")).reads_secrets
    assert not load(probe("return await kernel.http.get_json('/')")).reads_secrets


def test_the_shipped_folder_is_the_servers_own(tmp_path: Path, load: Load) -> None:
    """Only a plugin right inside that folder is one of GridOS's own."""
    inside = tmp_path / "shipped"
    assert load(probe("return 1")).folder == tmp_path / "plugins" / "probe"
    assert not inside.exists()
