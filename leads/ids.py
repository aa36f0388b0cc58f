"""What facts are named by: UUIDv7, so that what is made later sorts later."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import uuid_utils


class Uuid(Protocol):
    @property
    def hex(self) -> str: ...


Ids = Callable[[], Uuid]
_made_by: list[Ids] = [uuid_utils.uuid7]


def next_id() -> Uuid:
    return _made_by[-1]()


@contextmanager
def ids_from(ids: Ids) -> Iterator[None]:
    """Until the end every id of this process comes from there: what is played again then gets the same ids."""
    _made_by.append(ids)
    try:
        yield
    finally:
        _made_by.pop()
