"""How much of something one person may ask for, and that nobody else notices."""

from contextlib import AsyncExitStack

import httpx2
from websockets.exceptions import ConnectionClosed

from tests.web.serving import Json, Person, Site
from tests.web.watching import Socket, watching

SECRETS = "/settings/plugin-secrets/shop"
NOTHING: Json = {"secrets": {}}
FORMULA: Json = {"formulas": ["=1+1"]}


async def until_refused(person: Person, method: str, path: str, body: Json) -> tuple[int, httpx2.Response]:
    """Ask again and again; gives how often it was answered, and the refusal. Meanwhile more may become allowed."""
    for number in range(2_000):
        answer = await person.send(method, path, json=body)
        if not answer.is_success:
            return number, answer
    raise AssertionError("nothing was refused")


async def test_sixty_puts_a_minute(ada: Person, ben: Person) -> None:
    """The next one is 429 with a time to come back at, and is not about anybody else."""
    answered, refused = await until_refused(ada, "PUT", SECRETS, NOTHING)
    assert answered >= 60
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert (await ada.http.put("/settings/plugin-secrets/no_such", json=NOTHING)).status_code == 404
    assert (await ada.http.put(SECRETS, json={"secrets": 7})).status_code == 422
    assert (await ada.http.delete(SECRETS)).status_code == 200
    assert (await ben.http.put(SECRETS, json=NOTHING)).status_code == 200


async def test_a_hundred_and_twenty_evaluations_a_minute(ada: Person, ben: Person, workbook: str) -> None:
    """The next one is 429; edits go on, and so does everybody else."""
    answered, refused = await until_refused(ada, "POST", f"/workbook/{workbook}/eval", FORMULA)
    assert answered >= 120
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    await ada.type(workbook, A1="1")
    await ben.post(f"/workbook/{await ben.create()}/eval", FORMULA)


async def test_fifty_sockets_at_once(saas: Site, ada: Person, ben: Person, workbook: str) -> None:
    """The next one is closed before any frame; a place is free again when another is closed."""
    await ada.share(workbook, ben, "viewer")
    async with AsyncExitStack() as still_open:
        sockets: list[Socket] = []
        for _ in range(50):
            # All are told of each other, and a client that holds back unread frames does not hear the end either.
            socket = watching(saas, ada, workbook, max_queue=None)
            sockets.append(await still_open.enter_async_context(socket))
            await sockets[-1].next("presence")
        async with watching(saas, ada, workbook) as refused:
            assert await refused.end() == 4429
            assert refused.told == []
        async with watching(saas, ben, workbook) as other:
            await other.hello()
        await sockets[0].connection.close()
        while not await gets_in(saas, ada, workbook):
            pass  # the server hears of a closed socket a moment after its client


async def gets_in(site: Site, person: Person, workbook: str) -> bool:
    """Whether there is a place."""
    async with watching(site, person, workbook) as socket:
        try:
            await socket.next("presence")
        except ConnectionClosed:
            return False
        return True
