"""The routes of `web/service.py` and `web/docs.py`, which are open to everybody."""

import asyncio
import re
from uuid import uuid4

import psycopg
import pytest

from gridos.db import EmbeddedServer
from tests.web.gate import open_gate
from tests.web.serving import METRICS_TOKEN, Person, Site


async def test_the_process_answers(saas: Site, oss: Site) -> None:
    """`/healthz` and `/readyz` need no sign-in, whatever the Host."""
    for site in (saas, oss):
        for path in ("/healthz", "/readyz"):
            answer = await (await site.client(host="balancer.example")).get(path)
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_without_its_database_the_server_is_not_ready(saas: Site, ada: Person, postgres: EmbeddedServer) -> None:
    """Readiness is 503 while the database is gone, health stays, and requests work again by themselves."""
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        admin.execute(f"alter database {saas.database} allow_connections false".encode())
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (saas.database,))
        client = await saas.client()
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"detail": "The database does not answer."})
        assert (await client.get("/healthz")).status_code == 200
        admin.execute(f"alter database {saas.database} allow_connections true".encode())
    async with asyncio.timeout(20):
        while (await client.get("/readyz")).status_code != 200:
            pass
    assert (await ada.get("/workbooks"))["workbooks"] == []


async def test_metrics_answer_this_machine(saas: Site, oss: Site) -> None:
    """Prometheus text for a loopback peer without forwarding headers."""
    for site in (saas, oss):
        answer = await (await site.client()).get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        assert "gridos_open_workbooks" in answer.text


@pytest.mark.parametrize(
    "header", ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "X-Real-IP"]
)
async def test_metrics_answer_no_proxys_visitor(saas: Site, header: str) -> None:
    """Behind a proxy everybody looks like loopback, so only the token counts."""
    client = await saas.client(**{header: ""})
    assert (await client.get("/metrics")).status_code == 403
    for wrong in ("", METRICS_TOKEN, "Bearer", f"Bearer {METRICS_TOKEN}x", f"Basic {METRICS_TOKEN}"):
        assert (await client.get("/metrics", headers={"authorization": wrong})).status_code == 403
    right = await client.get("/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"})
    assert right.status_code == 200


async def test_metrics_name_nobody(saas: Site, ada: Person, workbook: str) -> None:
    """After work in a workbook no label holds a user, an address, a workbook, an argument or a secret."""
    gate, secret = uuid4().hex, uuid4().hex
    open_gate(gate)
    await ada.send("PUT", "/settings/plugin-secrets/shop", json={"secrets": {"NAME": secret}})
    await ada.type(workbook, A1=f'=SHOP_GATED("{gate}")', A2="=SHOP_LETTERS()")
    await ada.read(workbook, "A1:A2")
    metrics = (await (await saas.client()).get("/metrics")).text
    assert 'gridos_answers_total{plugin="shop"}' in metrics
    for private in (str(ada.id), ada.email, workbook, gate, secret):
        assert private not in metrics
    assert set(re.findall(r"gridos_\w+\{(\w+)=", metrics)) <= {"plugin", "error"}


async def test_the_docs_are_one_page_without_a_script(saas: Site) -> None:
    """Every operation of the schema is on it, and nothing in it runs or comes from elsewhere."""
    client = await saas.client()
    answer = await client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    paths = (await client.get("/openapi.json")).json()["paths"]
    for path in paths:
        assert path in answer.text
    assert not re.search(r"<script|<style|style=|\son\w+=|src=|href=\"(?!/openapi\.json\")|javascript:", answer.text)


async def test_the_schema_differs_by_mode(saas: Site, oss: Site) -> None:
    """What a mode does not have is not described either."""
    found = [(await (await site.client()).get("/openapi.json")).json()["paths"].keys() for site in (saas, oss)]
    assert found[1] < found[0]
    assert not any("plugin-secrets" in path or "collaborators" in path for path in found[1])
