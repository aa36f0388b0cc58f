"""What a process asked the operating system to write, cut off, make durable and delete, in order, told by strace."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.reliability.report import CannotRun

Kind = Literal["write", "truncate", "sync", "unlink"]
KINDS: dict[str, Kind] = {
    "write": "write",
    "pwrite64": "write",
    "ftruncate": "truncate",
    "fsync": "sync",
    "fdatasync": "sync",
    "unlink": "unlink",
}
UNREADABLE = ("writev", "pwritev", "pwritev2", "rename", "renameat", "renameat2", "unlinkat", "fallocate")
"""Calls that change files too, and that SQLite does not use: if one shows up, the replay would not be true."""
LONGEST = 1_000_000
_LINE = re.compile(r"\d+ +(?P<call>\w+)\((?P<rest>.*?)(?:\) += (?P<result>-?\d+).*| <unfinished \.\.\.>)$")
_RESUMED = re.compile(r"\d+ +<\.\.\. (?P<call>\w+) resumed>.*= (?P<result>-?\d+)")
_FILE = re.compile(r'(?P<descriptor>\d+)<(?P<open>[^>]*)>(?:, )?|"(?P<named>[^"]*)"')
_WRITTEN = re.compile(r'"(?P<data>[^"]*)"(?P<cut>\.*), (?P<size>\d+)(?:, (?P<offset>\d+))?')


class Event(NamedTuple):
    """`offset` is -1 for a write at the file's own position; a truncation's `offset` is the new size."""

    kind: Kind
    path: str
    offset: int = -1
    data: bytes = b""


def available() -> bool:
    return shutil.which("strace") is not None


def traced(command: Sequence[str], watched: Sequence[Path], folder: Path, cwd: Path) -> list[Event]:
    """Runs the command to its end; only calls that touch the watched files are told."""
    if not available():
        raise CannotRun("this part needs strace: `apt-get install strace` (or your system's own way)")
    told = folder / "trace"
    calls = ",".join((*KINDS, *UNREADABLE))
    # -y names the file of each descriptor, -xx writes every byte as \xNN, --seccomp-bpf does not slow other calls
    strace = ["strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", str(LONGEST), "-e", f"trace={calls}", "-o", str(told)]
    paths = [word for path in watched for word in ("-P", str(path))]
    done = subprocess.run([*strace, *paths, *command], cwd=cwd, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(f"the traced process failed: {done.stderr[-2000:]}")
    with told.open() as lines:
        return list(events(lines))


def events(lines: Iterator[str]) -> Iterator[Event]:
    """A write counts from when it was begun, a sync only once it has ended."""
    waiting: dict[str, Event] = {}
    for line in lines:
        thread = line.split(" ", 1)[0]
        if resumed := _RESUMED.match(line):
            if (event := waiting.pop(thread, None)) and resumed["result"] == "0":
                yield event
        elif (begun := _LINE.match(line)) and not (begun["result"] or "0").startswith("-"):
            event = _event(begun["call"], begun["rest"])
            if event.kind == "sync" and begun["result"] is None:
                waiting[thread] = event
            else:
                yield event


def _event(call: str, rest: str) -> Event:
    if call in UNREADABLE:
        raise RuntimeError(f"the traced process called {call}, which the replay does not know")
    file = _FILE.match(rest)
    if file is None:
        raise RuntimeError(f"strace told of a call that names no file: {rest[:100]}")
    path, after = _text(file["open"] or file["named"]), rest[file.end() :]
    kind = KINDS[call]
    if kind == "truncate":
        return Event(kind, path, int(after))
    written = _WRITTEN.match(after) if kind == "write" else None
    if written is None:
        return Event(kind, path)
    if written["cut"]:
        raise RuntimeError("strace cut a write short")
    return Event(kind, path, int(written["offset"] or -1), _bytes(written["data"]))


def _bytes(told: str) -> bytes:
    return bytes.fromhex(told.replace("\\x", ""))


def _text(told: str) -> str:
    return _bytes(told).decode() if told.startswith("\\x") else told
