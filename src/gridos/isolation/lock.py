"""
Takes from this process, for good, whatever a plugin's code has no business with. Linux.

Called once, in a process with one thread, before the first line of a plugin runs: a thread that began earlier would
stay free.
"""

import ctypes
import errno
import os
import resource
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyseccomp  # pyright: ignore[reportMissingTypeStubs] -- it has none, but is annotated
from py_landlock import AccessFs, Landlock, LandlockError

import gridos

MEMORY = 512 * 1024 * 1024
FILES = 32

# What would lead out of the process: to a network, another program or process, into files that Landlock leaves open
# (their modes, owners and dates), or deeper into the kernel.
_FORBIDDEN = """
    accept accept4 bind connect listen sendmmsg socket
    execve execveat fork vfork
    kill tkill pidfd_open pidfd_getfd pidfd_send_signal ptrace process_vm_readv process_vm_writev process_madvise
    ioprio_set migrate_pages move_pages sched_setaffinity sched_setattr sched_setparam sched_setscheduler setpriority
    mq_open msgget semget shmat shmget
    chmod chown fchmod fchmodat fchmodat2 fchown fchownat lchown futimesat utime utimensat utimes
    fremovexattr fsetxattr lremovexattr lsetxattr removexattr setxattr setxattrat removexattrat
    add_key bpf chroot delete_module fanotify_init finit_module init_module io_uring_enter io_uring_register
    io_uring_setup kcmp kexec_file_load kexec_load keyctl mount mount_setattr move_mount name_to_handle_at
    open_by_handle_at open_tree perf_event_open personality pivot_root quotactl reboot request_key setns swapoff swapon
    umount2 unshare userfaultfd
"""
_CLONE_THREAD = 0x00010000

_PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 4, 24
_LINUX_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63
_LIBC = ctypes.CDLL(None, use_errno=True)


class LockUnavailable(Exception):
    """This system lacks a means to lock a process up."""


def lock(folder: Path) -> None:
    """Lock this process up, but for reading `folder`, Python and its libraries; LockUnavailable if that cannot be."""
    try:
        _limit()
        _drop_capabilities()
        _close_files(folder)
        _filter_calls()
    except (LandlockError, OSError, ValueError) as trouble:
        raise LockUnavailable(f"{type(trouble).__name__}: this kernel cannot lock a plugin up.") from None


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    _check(_LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))
    os.nice(10)  # people who edit come before a plugin that computes


def _drop_capabilities() -> None:
    """A server that runs as root has many; a plugin gets none of them."""
    for number in range(_LAST_CAPABILITY + 1):
        _LIBC.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)  # refused for numbers this kernel does not know
    header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
    _check(_LIBC.capset(header, (ctypes.c_uint32 * 6)()))


def _close_files(folder: Path) -> None:
    readable = sorted({path.resolve() for path in [*_python(), folder]})
    rules = Landlock(strict=False)
    rules.allow_read(*(path for path in readable if path.is_dir()))
    rules.add_path_rule(*(path for path in readable if not path.is_dir()), access=AccessFs.READ_FILE)
    rules.apply()


def _python() -> Iterator[Path]:
    """What an import, a time zone or a random number may still want to read."""
    named: Iterable[str] = (*sysconfig.get_paths().values(), *sys.path, sys.prefix, sys.base_prefix)
    system = ("/lib", "/lib64", "/usr/lib", "/usr/local/lib", "/usr/share/zoneinfo", "/dev/null", "/dev/urandom")
    for name in (*named, *system, str(Path(gridos.__file__).parent)):
        if name and Path(name).exists():
            yield Path(name)


def _filter_calls() -> None:
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refused = pyseccomp.ERRNO(errno.EPERM)
    for name in _FORBIDDEN.split():
        if (number := pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)) >= 0:
            rules.add_rule(refused, number)
    # glibc asks for clone3 first; a filter cannot look into its arguments. Told there is none, it takes clone.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(refused, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0))
    rules.add_rule(refused, "prlimit64", pyseccomp.Arg(0, pyseccomp.NE, 0))
    rules.add_rule(refused, "tgkill", pyseccomp.Arg(0, pyseccomp.NE, os.getpid()))
    rules.load()


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), "refused")
