"""The folder of a demo: its own state, cleared at every start, never the team's ledger."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leads.refusal import Refusal

MARK = ".accord-demo"
ELSEWHERE = ("ACCORD_DATABASE_URL", "MLFLOW_TRACKING_URI", "ACCORD_AGREEMENT")


@contextmanager
def demo_place(folder: Path, file: Path | None) -> Iterator[Path]:
    """The cleared folder, held until the end: a second demo in it would pull the files away from under the first."""
    folder = folder.resolve()
    if file is not None and file.resolve().is_relative_to(folder):
        raise Refusal(f"{file} lies in {folder}, which every demo clears; copy it elsewhere first.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise Refusal(f"{folder} holds files that no demo made; move them, or set ACCORD_HOME to another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / MARK).open("w") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refusal(f"Another demo runs in {folder}; stop it, or set ACCORD_HOME to another folder.") from None
        clear(folder)
        yield folder


def clear(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != MARK:
            entry.unlink()


def environment(folder: Path) -> dict[str, str]:
    """Everything under the folder, whatever the caller has set: a demo must not touch a real ledger."""
    inherited = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    own = {"ACCORD_HOME": str(folder), "ACCORD_AGREEMENT": str(folder / "accord.toml"), "PYTHONUNBUFFERED": "1"}
    return inherited | own
