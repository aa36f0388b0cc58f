"""A disk that loses what was written to it and not synced when the power goes."""

import random
from collections.abc import Mapping

from benchmarks.reliability.trace import Event

SECTOR = 512


class Disk:
    """Each file has what is surely on the disk, and what was written since its last sync. A new file's name is on the
    disk from the file's first sync; a deleted one's goes with the next sync of any file, as on a file system that keeps
    a journal."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.durable = {path: bytearray(content) for path, content in files.items()}
        self.pending: dict[str, list[Event]] = {}
        self.unlinked: list[str] = []

    def apply(self, event: Event) -> None:
        if event.kind == "unlink":
            self.unlinked.append(event.path)
            self.pending.pop(event.path, None)
        elif event.kind == "sync":
            self._sync(event.path)
        else:
            self.pending.setdefault(event.path, []).append(event)

    def after_power_cut(self, torn: random.Random | None = None) -> dict[str, bytes]:
        """The files as they are found afterwards: without anything that was not synced, or, with `torn`, with whatever
        sectors of it happened to have reached the disk, in any combination."""
        found = {path: bytearray(content) for path, content in self.durable.items()}
        if torn:
            for path in self.unlinked:
                if torn.random() < 0.5:
                    found.pop(path, None)
            for path in sorted(
                set(self.pending) & set(found) - set(self.unlinked)
            ):  # a new file's name is not there yet
                for event in self.pending[path]:
                    _write_some(found[path], event, torn)
        return {path: bytes(content) for path, content in found.items()}

    def _sync(self, path: str) -> None:
        for gone in self.unlinked:
            self.durable.pop(gone, None)
        self.unlinked.clear()
        content = self.durable.setdefault(path, bytearray())
        for event in self.pending.pop(path, []):
            _write(content, event.offset, event.data) if event.kind == "write" else _cut_off(content, event.offset)


def _write_some(content: bytearray, event: Event, torn: random.Random) -> None:
    if event.kind == "truncate":
        if torn.random() < 0.5:
            _cut_off(content, event.offset)
        return
    begin, end = event.offset, event.offset + len(event.data)
    while begin < end:
        until = min(end, (begin // SECTOR + 1) * SECTOR)
        if torn.random() < 0.5:
            _write(content, begin, event.data[begin - event.offset : until - event.offset])
        begin = until


def _write(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _cut_off(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))
