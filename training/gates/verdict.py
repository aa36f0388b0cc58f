"""All gates together: one that fails, or was forgotten, and the champion stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from training.gates.gate import Gate, Name

Kind = Literal["new recipe", "new input", "refresh"]

NEEDED: Mapping[Kind, tuple[Name, ...]] = {
    "new recipe": ("data", "calibration", "prediction", "subgroups", "capacity", "value"),
    "new input": ("data", "calibration", "prediction", "subgroups", "capacity", "value"),
    "refresh": ("data", "calibration", "prediction", "subgroups"),
}
"""In this order. A refresh is the champion's own recipe on newer leads; it routes as the champion does. A new input is
the same with who follows up among its inputs, so it routes otherwise."""


@dataclass(frozen=True, slots=True)
class Verdict:
    passed: bool
    sentence: str
    gates: tuple[Gate, ...]


def verdict(kind: Kind, gates: Sequence[Gate]) -> Verdict:
    """`gates` as far as they were asked; which is missing counts as failed."""
    by_name = {gate.name: gate for gate in gates}
    missing = [name for name in NEEDED[kind] if name not in by_name]
    failed = [gate for gate in gates if not gate.passed]
    if failed:
        return Verdict(False, f"The champion stays. {failed[0].sentence}", tuple(gates))
    if missing:
        return Verdict(False, f"The champion stays, since this was not judged: {', '.join(missing)}.", tuple(gates))
    open_ = [gate.name for gate in gates if not gate.judged]
    rest = f" There was too little to judge {' and '.join(open_)} by." if open_ else ""
    return Verdict(True, f"The challenger passed every gate.{rest}", tuple(gates))
