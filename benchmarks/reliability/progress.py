"""How far a part has come, for people who watch a terminal; nothing is written where nobody watches."""

import sys
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

T = TypeVar("T")


def over(items: Iterable[T], what: str) -> Iterator[T]:
    total = f" of {len(items):,}" if isinstance(items, Sized) else ""
    for number, item in enumerate(items, 1):
        show(f"{what} {number:,}{total}")
        yield item
    show("")


def show(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
