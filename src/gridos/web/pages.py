"""
The web app: one page under six addresses, and the files it loads.

Every other address stays the API's or a plain 404, so a stale link never becomes a page that answers 200.
"""

import mimetypes
import secrets
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse

from gridos.errors import NotFound
from gridos.web.traffic import HEADERS

STATIC = Path(__file__).parent / "static"
ADDRESSES = ("/", "/sign-in", "/w/{workbook}", "/marketplace", "/account", "/activity")
NOT_BUILT = "The web app is not built. Run `python ui/build.py` in the repository.\n"
NONCE = "__STYLE_NONCE__"
LONGEST_NAME = 60  # of a file we build; no file system can be asked for one beyond 255 bytes
# A file's name carries a hash of its content.
FOREVER = "public, max-age=31536000, immutable"


def router(static: Path = STATIC) -> APIRouter:
    """The routes of the web app that was built into `static`."""
    routes = APIRouter(include_in_schema=False)

    async def show_page() -> Response:
        """The same page everywhere; its script reads the address."""
        try:
            page = (static / "index.html").read_text("utf-8")
        except FileNotFoundError:
            return PlainTextResponse(NOT_BUILT, 503)
        return _page(page, secrets.token_urlsafe(16))

    async def send_asset(request: Request, name: str) -> Response:
        """A file the page loads, packed where the browser can unpack it."""
        return _asset(static / "assets", name, takes_gzip="gzip" in request.headers.get("accept-encoding", ""))

    for address in ADDRESSES:
        routes.add_api_route(address, show_page, methods=["GET", "HEAD"], response_class=HTMLResponse)
    routes.add_api_route("/assets/{name}", send_asset, methods=["GET", "HEAD"], response_class=FileResponse)
    return routes


def _page(page: str, nonce: str) -> Response:
    """
    Fill in the nonce of this one answer: `<style>` elements that carry it count.

    The components and the grid make such elements. Scripts come from files only.
    """
    policy = HEADERS["Content-Security-Policy"].replace("style-src 'self'", f"style-src 'self' 'nonce-{nonce}'")
    return HTMLResponse(
        page.replace(NONCE, nonce), headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    )


def _asset(folder: Path, name: str, *, takes_gzip: bool) -> Response:
    if len(name) > LONGEST_NAME or Path(name).name != name or not (file := folder / name).is_file():
        raise NotFound
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if takes_gzip and (packed := file.with_name(f"{name}.gz")).is_file():
        file, headers["Content-Encoding"] = packed, "gzip"
    return FileResponse(file, headers=headers, media_type=mimetypes.guess_type(name)[0])
