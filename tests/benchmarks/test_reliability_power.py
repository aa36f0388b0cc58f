"""A small form of `python -m benchmarks.reliability power`, and that its disk forgets what it should."""

import os
import random

import pytest

from benchmarks.reliability import power, trace
from benchmarks.reliability.disk import SECTOR, Disk
from benchmarks.reliability.trace import Event

WITHOUT_STRACE = not trace.available() and not os.environ.get("CI")


@pytest.mark.skipif(WITHOUT_STRACE, reason="needs strace, which records what is written: `apt-get install strace`")
def test_no_power_cut_loses_an_acknowledged_lead() -> None:
    report = power.measure(submissions=150, cuts=40, seed=21)
    assert report.missed(timed=False) == [], report.figures


def test_what_was_not_synced_is_gone() -> None:
    disk = Disk({"a": b"old."})
    disk.apply(Event("write", "a", 0, b"new!"))
    disk.apply(Event("write", "b", 0, b"new file"))
    assert disk.after_power_cut() == {"a": b"old."}
    disk.apply(Event("sync", "a"))
    disk.apply(Event("truncate", "a", 2))
    assert disk.after_power_cut() == {"a": b"new!"}
    disk.apply(Event("sync", "b"))
    disk.apply(Event("sync", "a"))
    assert disk.after_power_cut() == {"a": b"ne", "b": b"new file"}


def test_a_deleted_file_goes_with_the_next_sync_and_one_of_its_name_is_another() -> None:
    disk = Disk({"log": b"before"})
    disk.apply(Event("unlink", "log"))
    disk.apply(Event("write", "log", 0, b"after"))
    assert disk.after_power_cut() == {"log": b"before"}
    disk.apply(Event("sync", "log"))
    assert disk.after_power_cut() == {"log": b"after"}


def test_torn_writes_leave_whole_sectors() -> None:
    disk = Disk({"a": bytes(8 * SECTOR)})
    disk.apply(Event("write", "a", 0, b"\1" * 8 * SECTOR))
    found = disk.after_power_cut(random.Random(3))["a"]
    sectors = [found[place : place + SECTOR] for place in range(0, len(found), SECTOR)]
    assert set(sectors) == {bytes(SECTOR), b"\1" * SECTOR}


def test_a_recording_is_read_with_its_interrupted_calls() -> None:
    lines = [
        r'7  pwrite64(3</d/db>, "\x61\x62", 2, 4096) = 2',
        r"7  fdatasync(3</d/db> <unfinished ...>",
        r'8  write(4</d/said> , "\x61\x0a", 2 <unfinished ...>'.replace("> ,", ">,"),
        r"7  <... fdatasync resumed>)        = 0",
        r"8  <... write resumed>)            = 2",
        r'7  unlink("\x2f\x64\x2f\x64\x62") = 0',
        r'7  unlink("\x2f\x64\x2f\x78") = -1 ENOENT (No such file or directory)',
        r"7  +++ exited with 0 +++",
    ]
    assert list(trace.events(iter(lines))) == [
        Event("write", "/d/db", 4096, b"ab"),
        Event("write", "/d/said", -1, b"a\n"),
        Event("sync", "/d/db"),
        Event("unlink", "/d/db"),
    ]
