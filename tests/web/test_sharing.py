"""The routes of `web/sharing.py`: invites, who is on a workbook, and how they leave."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from tests.accounts.given import PASSWORD, token
from tests.web.serving import Json, Person, Site, succeeded


def new_address() -> str:
    """An address without an account."""
    return f"cleo-{uuid4().hex[:12]}@example.com"


async def invite(owner: Person, workbook: str, email: str, role: str = "editor") -> Json:
    """What inviting somebody answers."""
    return await owner.post(f"/workbook/{workbook}/collaborators", {"email": email, "role": role})


def invite_token(link: str) -> str:
    """What the link of an invite carries."""
    return parse_qs(urlsplit(link).query)["invite"][0]


async def shared_with(person: Person) -> dict[str, str]:
    """The ids and roles of what others share with somebody."""
    return {one["id"]: one["role"] for one in (await person.get("/workbook/shared-with-me"))["workbooks"]}


async def signed_in(site: Site, email: str, **claims: Json) -> Person:
    """Somebody whose issuer says that this is their address."""
    user = uuid4()
    client = await site.client(authorization=f"Bearer {token({'sub': str(user), 'email': email, **claims})}")
    return Person(user, succeeded(await client.get("/auth/whoami"))["email"], client)


async def test_somebody_with_an_account_is_active_at_once(ada: Person, ben: Person, workbook: str) -> None:
    """The answer has exactly the contract's members, and the workbook is shared with them from now on."""
    assert await invite(ada, workbook, f"  {ben.email.upper()} ", "viewer") == {
        "ok": True,
        "collaborator": {"kind": "active", "user_id": str(ben.id), "email": ben.email, "role": "viewer"},
    }
    assert await shared_with(ben) == {workbook: "viewer"}
    assert await shared_with(ada) == {}
    assert (await ben.get("/workbooks"))["workbooks"] == []


async def test_an_address_without_an_account_is_pending(ada: Person, workbook: str) -> None:
    """The owner gets the link this once, and the invite waits in the list."""
    email = new_address()
    answer = await invite(ada, workbook, email.upper())
    link, waiting = answer.pop("invite_url"), answer["collaborator"]
    assert answer == {"ok": True, "collaborator": {**waiting, "kind": "pending", "email": email, "role": "editor"}}
    assert UUID(waiting["id"])
    assert len(invite_token(link)) >= 43
    listed = await ada.get(f"/workbook/{workbook}/collaborators")
    assert listed == {"collaborators": [], "pending": [waiting]}


async def test_the_public_address_is_in_the_link(saas: Site, ada: Person, workbook: str) -> None:
    """Without a public address the link names where the server listens."""
    assert (await invite(ada, workbook, new_address()))["invite_url"].startswith(
        "http://127.0.0.1:8000/sign-in?invite="
    )


async def test_only_the_owner_sees_who_is_invited(ada: Person, ben: Person, workbook: str) -> None:
    """A collaborator sees the other collaborators but no pending address."""
    await ada.share(workbook, ben, "viewer")
    await invite(ada, workbook, new_address())
    listed = await ben.get(f"/workbook/{workbook}/collaborators")
    assert [one["email"] for one in listed["collaborators"]] == [ben.email]
    assert listed["pending"] == []


async def test_inviting_again_changes_the_role(ada: Person, ben: Person, workbook: str) -> None:
    """For an active collaborator at once; nobody is in the list twice."""
    await ada.share(workbook, ben, "viewer")
    await ada.share(workbook, ben, "editor")
    assert await shared_with(ben) == {workbook: "editor"}
    assert len((await ada.get(f"/workbook/{workbook}/collaborators"))["collaborators"]) == 1


async def test_inviting_again_makes_a_new_link(saas: Site, ada: Person, workbook: str) -> None:
    """The invite keeps its id and takes the new role; the earlier link no longer works."""
    email = new_address()
    first, second = await invite(ada, workbook, email, "editor"), await invite(ada, workbook, email, "viewer")
    assert second["collaborator"] == {**first["collaborator"], "role": "viewer"}
    client, form = await saas.client(), {"email": email, "password": PASSWORD}
    old = await client.post("/auth/sign-up", json={**form, "invite": invite_token(first["invite_url"])})
    assert old.status_code == 404
    new = await client.post("/auth/sign-up", json={**form, "invite": invite_token(second["invite_url"])})
    assert new.status_code == 201


async def test_a_sign_up_with_the_link_joins(saas: Site, ada: Person, workbook: str) -> None:
    """The link's token proves the address for its workbook, in a browser with nothing but a cookie."""
    email = new_address()
    link = (await invite(ada, workbook, email))["invite_url"]
    client = await saas.client()
    form = {"email": email, "password": PASSWORD, "invite": invite_token(link)}
    assert (await client.post("/auth/sign-up", json=form)).status_code == 201
    cleo = Person(uuid4(), email, client)
    assert await shared_with(cleo) == {workbook: "editor"}
    await cleo.type(workbook, A1="1")
    assert (await ada.get(f"/workbook/{workbook}/collaborators"))["pending"] == []


async def test_a_sign_up_without_the_link_joins_nothing(saas: Site, ada: Person, workbook: str) -> None:
    """Whoever types somebody's address does not get what was shared with it."""
    email = new_address()
    await invite(ada, workbook, email)
    client = await saas.client()
    assert (await client.post("/auth/sign-up", json={"email": email, "password": PASSWORD})).status_code == 201
    assert await shared_with(Person(uuid4(), email, client)) == {}
    assert len((await ada.get(f"/workbook/{workbook}/collaborators"))["pending"]) == 1


async def test_a_proven_address_joins(saas: Site, ada: Person, workbook: str) -> None:
    """A trusted issuer's token, which does not deny the address, turns all its invites active at first sight."""
    email, other = new_address(), await ada.create("Costs")
    await invite(ada, workbook, email)
    await invite(ada, other, email.upper(), "viewer")
    cleo = await signed_in(saas, email.title())
    assert await shared_with(cleo) == {workbook: "editor", other: "viewer"}


async def test_a_denied_address_stays_pending(saas: Site, ada: Person, workbook: str) -> None:
    """`email_verified: false` proves nothing."""
    email = new_address()
    await invite(ada, workbook, email)
    cleo = await signed_in(saas, email, email_verified=False)
    assert await shared_with(cleo) == {}
    assert len((await ada.get(f"/workbook/{workbook}/collaborators"))["pending"]) == 1


async def test_inviting_an_account_ends_its_pending_invite(saas: Site, ada: Person, workbook: str) -> None:
    """Nobody is listed as active and as pending, and the old link gives nothing any more."""
    email = new_address()
    await invite(ada, workbook, email)
    await signed_in(saas, email, email_verified=False)
    assert (await invite(ada, workbook, email, "viewer"))["collaborator"]["kind"] == "active"
    listed = await ada.get(f"/workbook/{workbook}/collaborators")
    assert ([one["role"] for one in listed["collaborators"]], listed["pending"]) == (["viewer"], [])


@pytest.mark.parametrize(
    "email",
    [
        "",
        "   ",
        "cleo",
        "@example.com",
        "cleo@",
        "cleo@example",
        "cleo@example.com, ben@example.com",
        "cleo <cleo@example.com>",
        "cl eo@example.com",
        "cleo@exa\u0000mple.com",
        "cleo@example.com\u0000",
        "cleo@example.com\nbcc: all@example.com",
        "cl\u00e9o@example.com",
        "cleo@exampl\u0130.com",
        "cleo@@example.com",
        "cleo@example..com",
        "c" * 65 + "@example.com",
        "cleo@" + "example." * 40 + "com",
        "cleo@example." + "c" * 20_000,
    ],
)
async def test_no_address_is_400(ada: Person, workbook: str, email: str) -> None:
    """What no account could ever have cannot be invited, and is not repeated."""
    body = {"email": email, "role": "editor"}
    answer = await ada.send("POST", f"/workbook/{workbook}/collaborators", json=body)
    assert (answer.status_code, answer.json()) == (
        400,
        {"detail": "This is not an e-mail address. One looks like name@company.org."},
    )


async def test_inviting_oneself_is_400(ada: Person, workbook: str) -> None:
    """In any case and with any blanks."""
    body = {"email": f" {ada.email.upper()}", "role": "viewer"}
    assert (await ada.send("POST", f"/workbook/{workbook}/collaborators", json=body)).status_code == 400
    assert await ada.get(f"/workbook/{workbook}/collaborators") == {"collaborators": [], "pending": []}


@pytest.mark.parametrize("body", [{}, {"email": "a@b.org"}, {"email": "a@b.org", "role": "owner"}, {"role": "viewer"}])
async def test_a_role_is_editor_or_viewer(ada: Person, workbook: str, body: Json) -> None:
    """Anything else is no invite: 422."""
    assert (await ada.send("POST", f"/workbook/{workbook}/collaborators", json=body)).status_code == 422


async def test_a_removed_collaborator_is_a_stranger(ada: Person, ben: Person, workbook: str) -> None:
    """Removing takes everything at once; a second time there is nobody to remove."""
    await ada.share(workbook, ben, "editor")
    path = f"/workbook/{workbook}/collaborators/{ben.id}"
    assert succeeded(await ada.send("DELETE", path)) == {"ok": True}
    assert (await ben.send("GET", f"/workbook/{workbook}")).status_code == 404
    assert await shared_with(ben) == {}
    assert (await ada.send("DELETE", path)).status_code == 404
    assert (await ada.send("DELETE", f"/workbook/{workbook}/collaborators/{ada.id}")).status_code == 404
    assert (await ada.send("DELETE", f"/workbook/{workbook}/collaborators/no-id")).status_code == 404


async def test_a_withdrawn_invite_is_gone(saas: Site, ada: Person, workbook: str) -> None:
    """Its link stops working; another workbook's owner cannot withdraw it."""
    email = new_address()
    invited = await invite(ada, workbook, email)
    other, link = await ada.create(), f"pending-invites/{invited['collaborator']['id']}"
    assert (await ada.send("DELETE", f"/workbook/{other}/{link}")).status_code == 404
    assert succeeded(await ada.send("DELETE", f"/workbook/{workbook}/{link}")) == {"ok": True}
    assert (await ada.send("DELETE", f"/workbook/{workbook}/{link}")).status_code == 404
    assert (await ada.send("DELETE", f"/workbook/{workbook}/pending-invites/no-id")).status_code == 404
    form = {"email": email, "password": PASSWORD, "invite": invite_token(invited["invite_url"])}
    assert (await (await saas.client()).post("/auth/sign-up", json=form)).status_code == 404
