"""Writes the first files of a new plugin: they load, and their test passes, as they are."""

import re
from pathlib import Path
from string import Template

from gridos.errors import BadPlugin
from gridos.plugins.manifest import SLUG, SLUG_RULE

_MANIFEST = """\
{
  "name": "$title",
  "description": "Counts the items of a $title account.",
  "category": "Other",
  "author": "",
  "version": "0.1.0",
  "secrets": [
    {
      "key": "TOKEN",
      "label": "API token",
      "placeholder": "",
      "help": "Say where to get it, and which permission it needs."
    }
  ],
  "connection": {
    "base_url": "https://api.example.com",
    "methods": ["GET"],
    "auth": [{"header": "Authorization", "value": "Bearer {TOKEN}"}]
  },
  "functions": [
    {
      "name": "${prefix}_ITEM_COUNT",
      "description": "How many items there are.",
      "arguments": [],
      "example": "=${prefix}_ITEM_COUNT()"
    }
  ]
}
"""

_PLUGIN = '''\
"""$title in a spreadsheet."""

from gridos.plugins import Kernel


def register(kernel: Kernel) -> None:
    @kernel.formula("${prefix}_ITEM_COUNT")
    async def item_count() -> int:
        """How many items there are."""
        answer = await kernel.http.get_json("/v1/items")
        return answer["total"]
'''

_TEST = '''\
"""Run with pytest: no server, no network, no real token."""

from pathlib import Path

from gridos.testing import evaluate, upstream

PLUGIN = Path(__file__).parent


def test_items_are_counted():
    with upstream({"/v1/items": {"total": 3}}) as address:
        shown = evaluate("=${prefix}_ITEM_COUNT()", plugin=PLUGIN, secrets={"TOKEN": "invented"}, upstream=address)
    assert shown == 3


def test_without_a_token_the_cell_says_so():
    assert evaluate("=${prefix}_ITEM_COUNT()", plugin=PLUGIN) == "#${prefix}_AUTH!"
'''


def scaffold(slug: str, folder: Path) -> Path:
    """Make `folder/slug` with a manifest, a plugin and its test; BadPlugin for a bad slug or a folder that exists."""
    if not re.fullmatch(SLUG, slug):
        raise BadPlugin(f"A plugin's slug is made of {SLUG_RULE}.")
    plugin = folder / slug
    try:
        plugin.mkdir(parents=True)
    except FileExistsError:
        raise BadPlugin("A plugin of this name is there already, and nothing was changed.") from None
    names = {"title": slug.replace("_", " ").capitalize(), "prefix": slug.upper()}
    for name, template in (("manifest.json", _MANIFEST), ("plugin.py", _PLUGIN), ("test_plugin.py", _TEST)):
        (plugin / name).write_text(Template(template).substitute(names), encoding="utf-8")
    return plugin
