"""The routes of `web/marketplace.py`."""

import asyncio

import pytest

from tests.web.serving import Json, Person, Site

LETTERS = "=SHOP_LETTERS()"


async def installed(person: Person) -> set[str]:
    """What somebody has switched on."""
    return {one["slug"] for one in (await person.get("/marketplace/list"))["plugins"] if one["installed"]}


async def toggle(person: Person, slug: str, *, on: bool) -> Json:
    """Turn one switch."""
    return await person.post("/marketplace/toggle", {"slug": slug, "installed": on})


async def test_the_list_has_every_plugin(ada: Person) -> None:
    """By slug, each with exactly the contract's members; all are installed for whoever never chose."""
    listed = await ada.get("/marketplace/list")
    assert listed.keys() == {"mode", "plugins"}
    assert listed["mode"] == "saas"
    slugs = [one["slug"] for one in listed["plugins"]]
    assert slugs == sorted(slugs)
    assert {"shop", "stripe"} <= set(slugs)
    assert {one["installed"] for one in listed["plugins"] if one["loaded"]} == {True}
    shop = next(one for one in listed["plugins"] if one["slug"] == "shop")
    slot = {"key": "NAME", "label": "Shop's name", "placeholder": "Corner shop", "help": "What the shop is called."}
    assert slot.items() <= shop.pop("secrets")[0].items()
    assert shop == {
        "slug": "shop",
        "name": "Shop",
        "description": "Reads a shop without asking anybody.",
        "category": "Commerce",
        "author": "GridOS",
        "version": "1.2.3",
        "formulas": ["SHOP_GATED", "SHOP_LETTERS"],
        "functions": [
            {
                "name": "SHOP_LETTERS",
                "description": "Letters of its name",
                "arguments": [],
                "example": "=SHOP_LETTERS()",
            }
        ],
        "installed": True,
        "loaded": True,
        "error": None,
        "configured": False,
        "state": "not_set",
        "isolated": False,
        "reads_secrets": True,
    }


async def test_a_plugin_that_failed_says_why(ada: Person) -> None:
    """It is listed with its error, without formulas, and is installed for nobody."""
    broken = next(one for one in (await ada.get("/marketplace/list"))["plugins"] if one["slug"] == "broken")
    assert (broken["loaded"], broken["installed"], broken["formulas"]) == (False, False, [])
    assert broken["error"]


async def test_configured_follows_ones_own_secrets(ada: Person, ben: Person) -> None:
    """Storing the required keys configures a plugin for oneself and nobody else."""
    await ada.send("PUT", "/settings/plugin-secrets/shop", json={"secrets": {"NAME": "Ada's"}})
    found = {
        person.email: one["configured"]
        for person in (ada, ben)
        for one in (await person.get("/marketplace/list"))["plugins"]
        if one["slug"] == "shop"
    }
    assert found == {ada.email: True, ben.email: False}


async def test_the_first_toggle_writes_down_the_whole_set(ada: Person, ben: Person) -> None:
    """Installing or removing one plugin never switches another, for oneself or for anybody else."""
    everything = await installed(ada)
    assert await toggle(ada, "shop", on=False) == {"status": "Success", "slug": "shop", "installed": False}
    assert await installed(ada) == everything - {"shop"}
    assert await installed(ben) == everything
    await toggle(ada, "shop", on=True)
    assert await installed(ada) == everything


async def test_installing_what_is_installed_keeps_all(ada: Person) -> None:
    """Also when it is the very first toggle."""
    everything = await installed(ada)
    await toggle(ada, "shop", on=True)
    assert await installed(ada) == everything


async def test_toggles_at_the_same_moment_all_count(ada: Person) -> None:
    """First toggles that race lose none of the switches."""
    everything = await installed(ada)
    await asyncio.gather(*(toggle(ada, slug, on=False) for slug in ("shop", "stripe", "hello_world")))
    assert await installed(ada) == everything - {"shop", "stripe", "hello_world"}


async def test_a_formula_of_a_removed_plugin_is_not_installed(ada: Person, ben: Person, workbook: str) -> None:
    """The owner's switch decides for everybody in the workbook, at once, and back again."""
    await ada.send("PUT", "/settings/plugin-secrets/shop", json={"secrets": {"NAME": "Ada's"}})
    await ada.share(workbook, ben, "editor")
    await ada.type(workbook, A1=LETTERS)
    await toggle(ben, "shop", on=False)
    assert (await ben.read(workbook, "A1"))["A1"]["value"] == 5
    await toggle(ada, "shop", on=False)
    cell = (await ben.read(workbook, "A1"))["A1"]
    assert (cell["value"], cell["state"], cell["error"]["plugin"]) == ("#NOT_INSTALLED", "error", "shop")
    assert (await ada.post(f"/workbook/{workbook}/eval", {"formulas": [LETTERS]}))["results"][0][
        "value"
    ] == "#NOT_INSTALLED"
    await toggle(ada, "shop", on=True)
    assert (await ben.read(workbook, "A1"))["A1"]["value"] == 5


async def test_a_workbook_opened_later_has_the_same_gate(saas: Site, ada: Person, workbook: str) -> None:
    """The switch is the owner's, not the open workbook's."""
    await toggle(ada, "shop", on=False)
    await ada.type(workbook, A1=LETTERS)
    await saas.server.hub.close_all()
    assert (await ada.read(workbook, "A1"))["A1"]["value"] == "#NOT_INSTALLED"


@pytest.mark.parametrize("slug", ["unknown", "", "a\u0000b", "../shop", "SHOP"])
async def test_an_unknown_plugin_has_no_switch(ada: Person, slug: str) -> None:
    """404, and nothing was written down."""
    answer = await ada.send("POST", "/marketplace/toggle", json={"slug": slug, "installed": False})
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is no such plugin."})


@pytest.mark.parametrize(
    "body", [{}, {"slug": "shop"}, {"slug": "shop", "installed": "no"}, {"slug": 1, "installed": True}]
)
async def test_a_switch_is_on_or_off(ada: Person, body: Json) -> None:
    """Anything else is 422 and turns nothing."""
    assert (await ada.send("POST", "/marketplace/toggle", json=body)).status_code == 422
    assert "shop" in await installed(ada)
