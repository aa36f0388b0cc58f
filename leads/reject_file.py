"""The rows of a table that were not taken, as they stood there, so that they can be put right and imported."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from leads.table_format import TableError


@contextmanager
def reject_file(path: Path, header: str) -> Iterator[Callable[[str], None]]:
    """Takes raw rows. For its owner alone; it appears when it is whole, and only where a row was rejected."""
    from leads.table import appearing  # pandas, which a service that takes no rejects need not load

    if path.exists():
        raise TableError(f"{path} is there already; name another file for the rejected rows.")
    rows = 0
    with appearing(path) as draft:
        draft.chmod(0o600)
        with draft.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(_ended(header))

            def write(raw: str) -> None:
                nonlocal rows
                rows += 1
                file.write(_ended(raw))

            yield write
    if not rows:
        path.unlink()


def _ended(line: str) -> str:
    return line if line.endswith(("\n", "\r")) else f"{line}\n"
