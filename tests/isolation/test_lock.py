"""What a plugin's process can never reach."""

import errno
import json
import os
import socket
from pathlib import Path

import pyseccomp  # pyright: ignore[reportMissingTypeStubs] -- it has none, but is annotated
import pytest

from tests.isolation.conftest import Run

ATTEMPTS = {
    "a file of the system": "open('/etc/passwd').read()",
    "the server's environment": f"open('/proc/{os.getpid()}/environ').read()",
    "its own memory": "open('/proc/self/mem', 'rb').read(1)",
    "the root of all files": "__import__('os').listdir('/')",
    "writing beside itself": "open(__file__.replace('plugin.py', 'left'), 'w')",
    "writing a temporary file": "__import__('tempfile').TemporaryFile()",
    "changing a file's mode": "__import__('os').chmod(__file__, 0o777)",
    "changing a file's owner": "__import__('os').chown(__file__, 1, 1)",
    "removing a file": "__import__('os').unlink(__file__)",
    "another program": "__import__('os').execv('/bin/true', ['true'])",
    "another program, spawned": "__import__('subprocess').run(['/bin/true'])",
    "another process": "__import__('os').fork()",
    "a signal to the server": f"__import__('os').kill({os.getpid()}, 0)",
    "the server's limits": f"__import__('resource').prlimit({os.getpid()}, 7)",
    "a server's priority": f"__import__('os').setpriority(0, {os.getpid()}, 5)",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_it_is_refused(run: Run, attempt: str) -> None:
    """Every way out of the process ends in an exception of its own code."""
    returned = await run(f"return str({ATTEMPTS[attempt]})")
    assert returned.raised in {"PermissionError", "FileNotFoundError", "OSError"}, (returned.raised, returned.value)


NETWORKING = {
    "a socket": "__import__('socket').socket()",
    "a name": "__import__('socket').getaddrinfo('example.com', 443)",
    "a request": "__import__('urllib.request').request.urlopen('http://127.0.0.1:1')",
}


@pytest.mark.parametrize("attempt", NETWORKING)
async def test_networking_of_its_own_is_seen(run: Run, attempt: str) -> None:
    """Even a plugin that swallows the refusal is found out, since its answer would be made of nothing."""
    body = f"""
    try:
        {NETWORKING[attempt]}
    except Exception:
        pass
    return 1
    """
    assert (await run(body)).networked


async def test_no_packet_leaves(run: Run) -> None:
    """A listening socket on this machine hears nothing, not even from raw calls to the C library."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003 -- the standard library's own parameter
        port = server.getsockname()[1]
        body = f"""
        import ctypes, socket
        libc = ctypes.CDLL(None, use_errno=True)
        made = [libc.socket(2, 1, 0), libc.syscall(41, 2, 1, 0)]
        try:
            socket.create_connection(("127.0.0.1", {port}))
        except OSError:
            pass
        return str(made)
        """
        assert (await run(body)).value == b'"[-1, -1]"'
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_nothing_of_the_server_is_inherited(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment holds nothing of the server's, and its open files are few and its own."""
    monkeypatch.setenv("GRIDOS_CANARY", "canary")
    body = """
    import os
    def is_open(number):
        try:
            os.fstat(number)
        except OSError:
            return False
        return True
    return [[" ".join(sorted(os.environ)), sum(map(is_open, range(64)))]]
    """
    ((names, files),) = json.loads((await run(body)).value)
    assert set(names.split()) == {"LC_ALL", "MALLOC_ARENA_MAX"}
    # Standard input, output and error, the socket to the server, and what its event loop waits with.
    assert files <= 3 + 1 + 3


async def test_the_server_cannot_be_traced(run: Run) -> None:
    """Not even by a call that Python does not offer."""
    body = f"""
    import ctypes
    return ctypes.CDLL(None).ptrace(16, {os.getpid()}, 0, 0)
    """
    assert (await run(body)).value == b"-1"


CALLS = """
    accept4 bind connect listen socket execve execveat kill tkill pidfd_open pidfd_getfd pidfd_send_signal ptrace
    process_vm_readv process_vm_writev io_uring_setup bpf keyctl mount setns unshare userfaultfd perf_event_open
    open_by_handle_at fchmod setxattr mq_open shmget sched_setaffinity
"""


async def test_the_kernel_is_not_even_asked(run: Run) -> None:
    """A call that would lead out is refused before its arguments are looked at, which here are nonsense."""
    numbers = {name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in CALLS.split()}
    body = f"""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    found = {{}}
    for name, number in {numbers}.items():
        libc.syscall(number, -1, -1, -1, -1, -1, -1)
        found[name] = ctypes.get_errno()
    return [[name, error] for name, error in found.items()]
    """
    assert dict(json.loads((await run(body)).value)) == dict.fromkeys(numbers, errno.EPERM)


async def test_no_capability_is_left(run: Run) -> None:
    """A server that runs as root shares none of its powers."""
    body = """
    import ctypes
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    return [[ctypes.CDLL(None).capget(header, sets), *sets]]
    """
    assert json.loads((await run(body)).value) == [[0] * 7]


async def test_its_own_folder_can_be_read(run: Run) -> None:
    """A plugin may bring data with it."""
    assert (await run("from pathlib import Path\nreturn Path(__file__).name")).value == b'"plugin.py"'


async def test_what_python_brings_can_be_imported(run: Run) -> None:
    """Modules of the standard library, time zones and random numbers work as usual."""
    body = """
    import decimal, sqlite3, secrets, zoneinfo
    return str(zoneinfo.ZoneInfo("Asia/Tokyo")) + str(len(secrets.token_bytes(4)))
    """
    assert (await run(body)).value == b'"Asia/Tokyo4"'


async def test_memory_has_an_end(run: Run) -> None:
    """Half a gigabyte; beyond that the call fails, and nothing else."""
    assert (await run("return len(bytearray(1 << 30))")).raised == "MemoryError"


def test_the_folder_is_not_the_servers(tmp_path: Path) -> None:
    """The tests' own folder is outside of what may be read, so that the refusals above mean something."""
    assert not str(tmp_path).startswith(("/usr", "/lib"))
