"""The server in `oss` mode: one user, no sign-in, keys from the environment."""

import pytest

from tests.web.serving import Person, Site


@pytest.fixture
async def you(oss: Site) -> Person:
    """The only user there is."""
    return await oss.local_user()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/settings/plugin-secrets/shop"),
        ("PUT", "/settings/plugin-secrets/shop"),
        ("DELETE", "/settings/plugin-secrets/shop"),
        ("GET", "/settings/plugin-secrets/shop/status"),
        ("POST", "/settings/plugin-secrets/shop/verify"),
        ("POST", "/settings/plugin-secrets/shop/roll-back"),
        ("GET", "/settings/activity"),
        ("GET", "/settings/activity.csv"),
        ("GET", "/settings/api-keys"),
        ("POST", "/auth/sign-in"),
        ("POST", "/auth/sign-up"),
        ("POST", "/auth/sign-out"),
        ("GET", "/auth/sessions"),
        ("GET", "/workbook/shared-with-me"),
        ("GET", "/workbook/{id}/collaborators"),
        ("POST", "/workbook/{id}/collaborators"),
        ("DELETE", "/workbook/{id}/collaborators/00000000-0000-4000-8000-000000000001"),
        ("DELETE", "/workbook/{id}/pending-invites/00000000-0000-4000-8000-000000000001"),
    ],
)
async def test_secrets_accounts_and_sharing_do_not_exist(oss: Site, you: Person, method: str, path: str) -> None:
    """404 before everything else: a foreign origin and a huge body make no difference."""
    path = path.format(id=await you.create())
    foreign = await oss.client(origin="https://evil.example")
    for client in (you.http, foreign):
        answer = await client.request(method, path, content=None if method == "GET" else b"x" * 2_000_000)
        assert (answer.status_code, answer.json().keys()) == (404, {"detail"})


async def test_everybody_is_the_local_user(oss: Site, you: Person) -> None:
    """Without a cookie, with a wrong token, and with any cookie."""
    expected = {"id": str(you.id), "email": "you@localhost", "mode": "oss"}
    for headers in ({}, {"authorization": "Bearer wrong"}, {"cookie": "gridos=wrong"}):
        assert (await (await oss.client(**headers)).get("/auth/whoami")).json() == expected


async def test_the_environments_key_is_used(you: Person) -> None:
    """`SHOP_NAME` is the shop plugin's `NAME`, and the marketplace says that it is configured."""
    workbook = await you.create()
    await you.type(workbook, A1="=SHOP_LETTERS()")
    assert (await you.read(workbook, "A1"))["A1"]["value"] == len("Ada's shop")
    listed = await you.get("/marketplace/list")
    configured = {one["slug"]: one["configured"] for one in listed["plugins"]}
    assert (listed["mode"], configured["shop"], configured["stripe"]) == ("oss", True, False)


async def test_in_saas_the_environment_is_never_used(oss: Site, ada: Person, workbook: str) -> None:
    """A user without a stored value gets an auth error, although the operator's environment has the key."""
    await ada.type(workbook, A1="=SHOP_LETTERS()")
    assert (await ada.read(workbook, "A1"))["A1"]["value"] == "#SHOP_AUTH!"
    listed = (await ada.get("/marketplace/list"))["plugins"]
    assert not next(one for one in listed if one["slug"] == "shop")["configured"]


async def test_workbooks_and_switches_work_as_in_saas(you: Person) -> None:
    """Create, edit, copy, switch a plugin off and on, delete."""
    workbook = await you.create("Sales")
    await you.type(workbook, A1="2", B1="=A1*3")
    copy = await you.create("Copy", copy_of=workbook)
    assert (await you.read(copy, "B1"))["B1"]["value"] == 6
    await you.type(copy, A1="=SHOP_LETTERS()")
    await you.post("/marketplace/toggle", {"slug": "shop", "installed": False})
    assert (await you.read(copy, "A1"))["A1"]["value"] == "#NOT_INSTALLED"
    await you.post("/marketplace/toggle", {"slug": "shop", "installed": True})
    for one in (workbook, copy):
        assert (await you.send("DELETE", f"/workbook/{one}")).status_code == 200
