"""The column that says what happened, read as converted or not."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd

from leads.kinds import NOTHING
from leads.refusal import Refusal
from training.survey.sighting import Floats, Sighting, look

WON = frozenset(
    {"1", "1.0", "yes", "y", "true", "t", "ja", "oui", "si", "sí", "won", "win", "gewonnen", "closed won", "closed-won"}
    | {"closed_won", "converted", "conversion", "success", "successful", "positive", "purchased", "bought", "accepted"}
    | {"signed", "customer", "subscribed", "clicked", "responded", "deal"}
)
LOST = frozenset(
    {
        "0",
        "0.0",
        "no",
        "n",
        "false",
        "f",
        "nein",
        "non",
        "lost",
        "lose",
        "loss",
        "verloren",
        "closed lost",
        "closed-lost",
    }
    | {"closed_lost", "failed", "failure", "negative", "rejected", "declined", "not converted", "not_converted", "none"}
    | {"unconverted", "no deal"}
)
TOLD_VALUES = 8
HEADER_ROWS = 2  # the header is row 1 and people count from 1


def read_target(frame: pd.DataFrame, target: str, positive: str | None) -> tuple[Floats, str]:
    """1 for converted and 0 for not, row for row, and the value that means converted."""
    if target not in frame.columns:
        raise Refusal(f"The table has no column “{target}”.{_nearest(target, list(frame.columns))}")
    if not len(frame):
        raise Refusal("The table has a header and no rows; give it past leads, each with its outcome.")
    seen = look(target, frame[target])
    _refuse_gaps(seen)
    place = _given(seen, positive) if positive is not None else _guessed(seen)
    return (seen.codes == place).astype(np.float64), seen.texts[place]


def same_value(text: str, other: str) -> bool:
    """1 and 1.0 are one value, and so are yes and Yes."""
    if text.strip().casefold() == other.strip().casefold():
        return True
    try:
        return float(text) == float(other)
    except ValueError:
        return False


def _refuse_gaps(seen: Sighting) -> None:
    gaps = [place for place, text in enumerate(seen.texts) if text.lower() in NOTHING - {"none", "-"}]
    empty = np.flatnonzero(np.isin(seen.codes, [-1, *gaps]))
    if len(empty):
        rows = f"{len(empty):,} of {seen.rows:,} rows" if len(empty) > 1 else "one row"
        raise Refusal(
            f"“{seen.name}” is empty in {rows}, first in row {int(empty[0]) + HEADER_ROWS} (the header is row 1)."
            " A lead without an outcome can teach nothing: fill the gaps in, or remove those rows."
        )


def _given(seen: Sighting, positive: str) -> int:
    exact = [place for place, text in enumerate(seen.texts) if text == positive]
    found = exact or [place for place, text in enumerate(seen.texts) if same_value(text, positive)]
    if not found:
        said = f"“{seen.name}” never says “{positive}”; it says {_values(seen)}."
        raise Refusal(f"{said} Name one of them with --positive.")
    if seen.distinct == 1:
        raise Refusal(_one_class(seen))
    return found[0]


def _guessed(seen: Sighting) -> int:
    if seen.distinct == 1:
        raise Refusal(_one_class(seen))
    if seen.distinct > 2:
        raise Refusal(
            f"“{seen.name}” holds {seen.distinct:,} different values ({_values(seen)}); say with --positive VALUE which"
            " one means converted."
        )
    words = [text.casefold() for text in seen.texts]
    for place in (0, 1):
        if words[place] in WON and words[1 - place] not in WON:
            return place
    for place in (0, 1):
        if words[place] in LOST and words[1 - place] not in LOST:
            return 1 - place
    return int(seen.counts.argmin())


def _one_class(seen: Sighting) -> str:
    return (
        f"Every row of “{seen.name}” says {_values(seen)}. Learning needs leads that converted and leads that did not:"
        " add the others, or name another column with --target."
    )


def _values(seen: Sighting) -> str:
    """Values of a column with many are told only where they are common, since it may hold anything."""
    order = sorted(range(seen.distinct), key=lambda place: -int(seen.counts[place]))
    told = [p for p in order if seen.distinct <= TOLD_VALUES or seen.counts[p] >= 20][:TOLD_VALUES]
    words = [f"“{seen.texts[place][:40]}” in {seen.counts[place]:,} rows" for place in told]
    rest = seen.distinct - len(told)
    return ", ".join([*words, *([f"{rest:,} others" if told else f"{rest:,} values"] if rest else [])])


def _nearest(name: str, columns: Sequence[str]) -> str:
    folded = {column.casefold(): column for column in columns}
    close = [folded[found] for found in get_close_matches(name.casefold(), list(folded), 3, 0.5)]
    if close:
        return f" Did you mean {' or '.join(f'“{column}”' for column in close)}?"
    return f" It has {', '.join(f'“{column}”' for column in columns[:12])}{' …' if len(columns) > 12 else ''}."


def check_columns(frame: pd.DataFrame, named: Sequence[tuple[str, str]]) -> None:
    """`named` holds pairs of option and column."""
    for option, column in named:
        if column not in frame.columns:
            nearest = _nearest(column, list(frame.columns))
            raise Refusal(f"{option} names “{column}”, which the table does not have.{nearest}")
