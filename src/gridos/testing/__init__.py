"""
For authors of plugins: a formula's value, with neither server, database nor network.

```python
def test_pages_are_counted():
    with upstream({"/v1/databases/x": {"page_count": 3}}) as address:
        value = evaluate('=NOTION_PAGE_COUNT("x")', plugin=HERE, secrets={"TOKEN": "invented"}, upstream=address)
    assert value == 3
```
"""

from gridos.testing.evaluating import evaluate
from gridos.testing.standing_in import upstream

__all__ = ["evaluate", "upstream"]
