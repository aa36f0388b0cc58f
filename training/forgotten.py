"""People who asked to be forgotten teach nothing any more, even where a table still knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leads.fields import Field
from leads.ledger.book import Ledger
from leads.ledger.erasure import forgotten
from leads.ledger.person import digest
from leads.person import identities

NAMED = ("email", "phone")


@dataclass(frozen=True)
class Forgotten:
    """`digests` are keyed by the ledger's `salt`."""

    digests: frozenset[str] = frozenset()
    salt: bytes = b""

    def rows(self, values: pd.DataFrame, fields: Mapping[str, Field]) -> NDArray[np.bool_]:
        """Which rows give an address or a number of somebody who is to stay forgotten."""
        found = np.zeros(len(values), dtype=bool)
        for key, field in fields.items():
            if self.digests and field.kind in NAMED and key in values:
                known = {value: self._names(value, key, field) for value in values[key].dropna().unique()}
                found |= np.array([known.get(value, False) for value in values[key]], dtype=bool)
        return found

    def _names(self, value: str, key: str, field: Field) -> bool:
        return any(digest(self.salt, name) in self.digests for name in identities({key: value}, {key: field}))


def forgotten_people(ledger: Ledger) -> Forgotten:
    return Forgotten(forgotten(ledger), ledger.salt)
