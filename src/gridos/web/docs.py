"""`/docs`: the API on one page, drawn on the server, without a script."""

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>GridOS API</title></head>
<body>
<h1>GridOS API</h1>
<p>The same in machine-readable form: <a href="/openapi.json">/openapi.json</a>.</p>
{operations}
</body>
</html>
"""


def router() -> APIRouter:
    """The route of `/docs`."""
    routes = APIRouter()

    @routes.get("/docs", include_in_schema=False)
    async def show(request: Request) -> HTMLResponse:
        """Every operation with what it does and what it takes."""
        paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
        operations = [
            _operation(method, path, operation)
            for path, methods in paths.items()
            for method, operation in methods.items()
        ]
        return HTMLResponse(_PAGE.format(operations="\n".join(operations)))

    return routes


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(one['name'])}</code> in {escape(one['in'])}</li>" for one in operation.get("parameters", [])
    )
    return (
        f"<section><h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
        f"<p>{escape(operation.get('description') or operation.get('summary', ''))}</p><ul>{parameters}</ul></section>"
    )
