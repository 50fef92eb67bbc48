"""Cookies that scripts, other hosts and other sites' forms cannot reach."""

from fastapi import Request, Response


class SafeCookie:
    """One cookie. `is_https` says how browsers reach this server."""

    def __init__(self, name: str, seconds: int, *, is_https: bool) -> None:
        """A browser takes `__Host-` only from https, and then from no other host or path."""
        self.name = f"__Host-{name}" if is_https else name
        self._seconds = seconds
        self._is_https = is_https

    def find(self, request: Request) -> str | None:
        """Its value. A request with an Authorization header is not judged by its cookies, so that has none."""
        return None if "authorization" in request.headers else request.cookies.get(self.name)

    def put(self, response: Response, value: str) -> None:
        """Let the browser keep it."""
        response.set_cookie(
            self.name, value, max_age=self._seconds, path="/", secure=self._is_https, httponly=True, samesite="lax"
        )

    def wipe(self, response: Response) -> None:
        """Let the browser forget it."""
        response.delete_cookie(self.name, path="/", secure=self._is_https, httponly=True, samesite="lax")
