"""What a gate found, for people and for the record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Name = Literal["data", "prediction", "calibration", "subgroups", "capacity", "value", "refit"]


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate's verdict on a challenger. `judged` is False where there was too little to judge by: then it passed, and
    the sentence says so. `numbers` are what the verdict rests on; a NaN among them never lets a challenger through."""

    name: Name
    passed: bool
    sentence: str
    numbers: Mapping[str, float]
    judged: bool = True

    @property
    def facts(self) -> dict[str, Any]:
        """As JSON holds it: what is no number is None."""
        numbers = {name: number if math.isfinite(number) else None for name, number in self.numbers.items()}
        told = {"name": self.name, "passed": self.passed, "judged": self.judged, "sentence": self.sentence}
        return told | {"numbers": numbers}
