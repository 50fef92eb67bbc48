"""
A GridOS that only runs an embedded server: `supervisor.py DATA_DIR PG_BIN [UID]`.

It prints the server's process id and address, or the refusal, and stays until its standard input ends. A UID makes it
an ordinary user after everything is imported, because such a user may not reach our interpreter's files.
"""

import encodings.idna
import os
import sys
from pathlib import Path

from gridos.db import EmbeddedServer
from gridos.errors import GridOSError

assert encodings.idna  # imported for psycopg, which would look for it too late


def main(data_dir: str, pg_bin: str, uid: str = "") -> None:
    """Start, tell, wait, stop."""
    if uid:
        os.setgroups([])
        os.setgid(int(uid))
        os.setuid(int(uid))
    try:
        with EmbeddedServer(Path(data_dir), Path(pg_bin), {"fsync": "off"}) as server:
            sys.stdout.write(f"{server.pid}\n{server.url()}\n")
            sys.stdout.flush()
            sys.stdin.read()
    except GridOSError as error:
        sys.exit(str(error))


main(*sys.argv[1:])
