"""How many of so many runs must end well."""

from typing import Any, NamedTuple


class Target(NamedTuple):
    what: str
    good: int
    of: int
    least: float
    """Of `of`, as a share."""

    @property
    def met(self) -> bool:
        return self.good >= self.least * self.of

    @property
    def facts(self) -> dict[str, Any]:
        return {**self._asdict(), "met": self.met}
