"""Bad input, systematically: whatever is sent to any route, the answer is a refusal in our own words."""

from uuid import uuid4

import pytest

from tests.web.mutations import CANARY, Mutator, Request
from tests.web.serving import Json, Person, Site

OPEN = ("/healthz", "/readyz", "/metrics")
EACH = 12  # a few hundred requests for each seed


def faults(request: Request, status: int, text: str, body: Json) -> list[str]:
    """What is wrong with an answer."""
    found: list[str] = []
    if status >= 500:
        found.append("a mistake of ours")
    if status >= 400 and not (isinstance(body, dict) and "detail" in body):
        found.append("no detail")
    if status >= 400 and CANARY in text:
        found.append("an echo")
    return found and [f"{status} {', '.join(found)}: {request!r:.600} -> {text:.300}"]


async def send_all(person: Person, requests: list[Request]) -> list[str]:
    """Send them one after the other; gives what was wrong with the answers."""
    found: list[str] = []
    for one in requests:
        headers = {"content-type": one.content_type} if one.content_type else {}
        answer = await person.send(one.method, one.path, content=one.body, headers=headers)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        found += faults(one, answer.status_code, answer.text, answer.json() if is_json else None)
    return found


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_sent_in_saas_is_refused_in_our_own_words(saas: Site, seed: int) -> None:
    """No 5xx, no echo, always `{"detail": …}`; and the workbook still calculates afterwards."""
    ada = await saas.person("ada")
    workbook = await ada.create()
    await ada.type(workbook, Z99="=1+1")
    schema = await ada.get("/openapi.json")
    known = {"workbook": workbook, "plugin_slug": "shop", "person": str(uuid4()), "invitation": str(uuid4())}
    # The workbook has to outlive the test, and wrong passwords would only meet the limit on tries.
    schema["paths"] = {path: methods for path, methods in schema["paths"].items() if path not in OPEN}
    schema["paths"]["/workbook/{workbook}"].pop("delete")
    assert await send_all(ada, list(Mutator(schema, known, seed).requests(EACH))) == []
    assert (await ada.read(workbook, "Z99"))["Z99"]["value"] == 2


async def test_whatever_is_sent_in_oss_is_refused_in_our_own_words(oss: Site) -> None:
    """The same without sign-in."""
    you = await oss.local_user()
    schema, known = await you.get("/openapi.json"), {"workbook": await you.create()}
    assert await send_all(you, list(Mutator(schema, known, seed=3).requests(EACH))) == []
