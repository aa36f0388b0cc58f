"""Where something is said, and what was probably meant there."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

Place = tuple[str | int, ...]
"""The way to a key: ("sales", "people", 0, "name")."""
Found = Iterator[tuple[Place, str]]


def hint(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words; its case tells nothing."""
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), folded, 1, 0.5)
    return f" Did you mean {folded[close[0]]}?" if close else ""
