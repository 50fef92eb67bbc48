"""Tells its secret in every way it can think of."""

import asyncio
import logging
import sys
import threading
import warnings

from gridos.plugins import Kernel


def register(kernel: Kernel) -> None:
    """Register the `TALKS_…` functions."""

    def token() -> str:
        return kernel.get_secret("talks", "TOKEN")

    @kernel.formula
    def talks_prints() -> str:
        print(token(), token()[::-1])  # noqa: T201 -- that is the point
        sys.stderr.write(token())
        return "printed"

    @kernel.formula
    def talks_later() -> str:
        known, has_printed = token(), threading.Event()

        def late() -> None:
            print(known)  # noqa: T201 -- that is the point
            has_printed.set()
            raise ValueError(known)

        threading.Thread(target=late).start()
        has_printed.wait()
        return "printed later"

    @kernel.formula
    def talks_logs() -> str:
        logging.getLogger().error(token())
        logging.getLogger("talks").critical("%s", token())
        logging.getLogger("talks").error(token(), exc_info=ValueError(token()))
        logging.getLogger("aiohttp.client").debug(token())
        logging.getLogger("talks").error("%d", token())
        warnings.warn(token(), stacklevel=1)
        return "logged"

    @kernel.formula
    async def talks_forgets() -> str:
        async def fail(known: str) -> None:
            raise ValueError(known)

        task = asyncio.create_task(fail(token()))
        await asyncio.wait([task])
        del task
        asyncio.get_running_loop().call_soon(int, token())
        await asyncio.sleep(0)
        return "forgotten"

    @kernel.formula
    def talks_raises() -> str:
        raise ValueError(token())

    @kernel.formula
    def talks_returns() -> str:
        return f"it is {token()}"

    assert all((talks_prints, talks_later, talks_logs, talks_forgets, talks_raises, talks_returns))
