import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from features.matrix import Feature, many, one
from models.encoder import MISSING, OTHER, RARE, Encoder, fit_encoder


def column(name: str, kind: str) -> Feature:
    return Feature(name, name, name, kind, (name,), lambda value: value)


SOURCE, PAGES = column("source", "level"), column("pages", "number")


def table(source: list[str | None], pages: list[float | None]) -> pd.DataFrame:
    numbers = pd.Series(pages, dtype="float64")
    return pd.DataFrame({"source": pd.Series(source, dtype=object), "pages": numbers})


def test_levels_seen_by_fewer_than_twenty_leads_are_pooled_and_not_stored() -> None:
    encoder = fit_encoder([SOURCE], table(["often"] * RARE + ["rare"] * (RARE - 1), [1.0] * (2 * RARE - 1)))
    assert "rare" not in str(encoder.to_json())
    assert encoder.row({"source": "rare"})[0, 0] == OTHER
    assert encoder.row({"source": "never seen"})[0, 0] == OTHER
    assert encoder.row({"source": None})[0, 0] == MISSING


def test_a_level_that_few_people_wrote_often_is_pooled_and_not_stored() -> None:
    often, alone = ["often"] * RARE, ["hers alone"] * RARE
    leads = table([*often, *alone, None], [1.0] * (2 * RARE + 1)).set_axis(range(100, 101 + 2 * RARE))
    person = np.array([*range(RARE), *[500] * RARE, 501])
    encoder = fit_encoder([SOURCE], leads, person)
    assert "hers alone" not in str(encoder.to_json())
    assert encoder.row({"source": "hers alone"})[0, 0] == OTHER
    assert encoder.row({"source": "often"})[0, 0] > MISSING
    each_their_own = fit_encoder([SOURCE], leads, np.arange(len(leads)))
    assert each_their_own.columns == fit_encoder([SOURCE], leads).columns != encoder.columns


def test_a_column_that_never_varies_is_left_out() -> None:
    assert fit_encoder([SOURCE, PAGES], table(["a"] * 40, [2.0] * 40)).columns == ()


def test_a_column_that_is_only_sometimes_missing_is_kept() -> None:
    assert len(fit_encoder([PAGES], table(["a"] * 4, [2.0, None, 2.0, None])).columns) == 1


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "new", None]), st.none() | st.floats(-1e9, 1e9)), min_size=1))
def test_one_lead_and_a_table_are_encoded_alike(rows: list[tuple[str | None, float | None]]) -> None:
    encoder = fit_encoder([SOURCE, PAGES], table(["a", "b"] * RARE, list(range(2 * RARE))))
    values = table([source for source, _ in rows], [pages for _, pages in rows])
    together = encoder.table(many([SOURCE, PAGES], values))
    alone = [encoder.row(one([SOURCE, PAGES], {"source": s, "pages": p}))[0] for s, p in rows]
    np.testing.assert_array_equal(together, alone)


def test_an_encoder_survives_json() -> None:
    encoder = fit_encoder([SOURCE, PAGES], table(["a", "b"] * RARE, list(range(2 * RARE))))
    assert Encoder.from_json(encoder.to_json()).columns == encoder.columns
