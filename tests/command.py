"""The command as a user runs it, in this process: starting an interpreter for each would take most of a test's time."""

import os
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

from accord import main


def ran(words: tuple[object, ...], environment: Mapping[str, str], folder: Path | None = None) -> CompletedProcess[str]:
    """What it printed and its exit code, with this environment alone and in this folder."""
    given, before = [*map(str, words)], Path.cwd()
    os.chdir(folder or before)
    try:
        with (
            patch.dict(os.environ, environment, clear=True),
            redirect_stdout(StringIO()) as out,
            redirect_stderr(StringIO()) as err,
        ):
            code = _code(given)
    finally:
        os.chdir(before)
    return CompletedProcess(given, code, out.getvalue(), err.getvalue())


def _code(given: list[str]) -> int:
    """Arguments that cannot be read end the program where they are read."""
    try:
        return main(given)
    except SystemExit as ended:
        return int(ended.code or 0)
