import pytest

from leads.agreement import Routing
from models.policy import band, by_band

BOUNDS = {"A": 0.3, "B": 0.15, "C": 0.05}


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(1.0, "A"), (0.3, "A"), (0.2999, "B"), (0.15, "B"), (0.05, "C"), (0.0499, "D"), (0.0, "D")],
)
def test_a_bound_belongs_to_the_band_above_it(probability: float, expected: str) -> None:
    assert band(probability, BOUNDS) == expected


@pytest.mark.parametrize(("sales_from", "to_sales"), [("A", "A"), ("B", "AB"), ("C", "ABC"), ("D", "ABCD")])
def test_sales_gets_the_agreed_band_and_all_above_it(sales_from: str, to_sales: str) -> None:
    routing = Routing(bands=BOUNDS, sales_from=sales_from)
    assert {one: by_band(one, routing) for one in "ABCD"} == {
        one: "sales" if one in to_sales else "nurture" for one in "ABCD"
    }
