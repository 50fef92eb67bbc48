"""The sandbox breaks on purpose, counts what it was asked, and says what it is."""

import asyncio
from typing import Any

import aiohttp
import pytest

from gridos.sandbox import BANNER, STRIPE_KEYS
from tests.sandbox.conftest import Caller


async def _order(caller: Caller, **fault: Any) -> int:
    async with caller.session.post(f"{caller.url}/_sandbox/faults", json=fault) as response:
        return response.status


async def _raw(caller: Caller, path: str, name: str = "ada") -> aiohttp.ClientResponse:
    headers = {"Authorization": f"Bearer {STRIPE_KEYS[name]}"}
    async with caller.session.get(caller.url + path, headers=headers, allow_redirects=False) as response:
        await response.read()
        return response


async def _record(caller: Caller) -> dict[str, Any]:
    async with caller.session.get(f"{caller.url}/_sandbox/requests") as response:
        return await response.json()


async def test_index_says_that_everything_is_invented(caller: Caller) -> None:
    """Nobody who opens the address takes it for the real thing."""
    async with caller.session.get(caller.url) as response:
        text = await response.text()
    assert BANNER in text
    assert "invented" in BANNER


async def test_it_listens_on_the_loopback_address_only(caller: Caller) -> None:
    """A stage with open doors stays inside the machine."""
    assert caller.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_ordered_status_comes_so_many_times(caller: Caller, status: int) -> None:
    """A fault is used up, with its headers, and then all is well."""
    assert await _order(caller, status=status, headers={"Retry-After": "7"}, times=2) == 201
    answers = [await _raw(caller, "/v1/charges") for _ in range(3)]
    assert [answer.status for answer in answers] == [status, status, 200]
    assert answers[0].headers["Retry-After"] == "7"


async def test_fault_meets_its_path_and_account_only(caller: Caller) -> None:
    """Others do not notice."""
    await _order(caller, path="/v1/charges", account="ada", status=500)
    met = [("/v1/charges", "ada"), ("/v1/customers", "ada"), ("/v1/charges", "ben")]
    assert [(await _raw(caller, *request)).status for request in met] == [500, 200, 200]


async def test_faults_can_be_cleared(caller: Caller) -> None:
    """DELETE ends them all."""
    await _order(caller, status=500)
    async with caller.session.delete(f"{caller.url}/_sandbox/faults") as response:
        assert response.status == 204
    assert (await _raw(caller, "/v1/charges")).status == 200


async def test_page_and_redirect_can_be_ordered(caller: Caller) -> None:
    """What a proxy or a portal would put in the way."""
    await _order(caller, html=True, times=1)
    page = await _raw(caller, "/v1/charges")
    assert (page.status, page.content_type) == (200, "text/html")
    await _order(caller, redirect="https://elsewhere.example/", times=1)
    moved = await _raw(caller, "/v1/charges")
    assert (moved.status, moved.headers["Location"]) == (302, "https://elsewhere.example/")


async def test_connection_can_be_cut(caller: Caller) -> None:
    """No answer at all."""
    await _order(caller, close=True)
    with pytest.raises(aiohttp.ClientError):
        await _raw(caller, "/v1/charges")


async def test_unknown_member_of_a_fault_is_refused(caller: Caller) -> None:
    """A misspelt fault must not pass for one that never struck."""
    assert await _order(caller, statsu=500) == 400


async def test_latency_delays_every_answer(caller: Caller) -> None:
    """With latency, requests overlap: the sandbox sees them all at once."""
    async with caller.session.put(f"{caller.url}/_sandbox/latency", json={"seconds": 0.05}) as response:
        assert response.status == 204
    await asyncio.gather(*(_raw(caller, "/v1/customers") for _ in range(12)))
    assert (await _record(caller))["peak"] == 12


async def test_requests_are_counted_without_keys(caller: Caller) -> None:
    """Counts by path and by account's name; nothing in the record could be used to ask again."""
    for name in ("ada", "ada", "ben"):
        await _raw(caller, "/v1/charges?limit=1", name)
    await caller.get("/v1/customers", key="sk_test_nobody")
    record = await _record(caller)
    assert record["paths"] == {"/v1/charges": 3, "/v1/customers": 1}
    assert record["accounts"] == {"ada": 2, "ben": 1, "unknown": 1}
    assert record["total"] == 4
    assert "sk_test" not in str(record)
    async with caller.session.delete(f"{caller.url}/_sandbox/requests"):
        assert (await _record(caller))["total"] == 0
