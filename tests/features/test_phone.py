import pytest

from features.phone import country, line, valid


@pytest.mark.parametrize(
    ("number", "where", "told"),
    [
        ("+49 151 23456789", None, ("DE", True, "mobile")),
        ("0049 30 123456", None, ("DE", True, "fixed line")),
        ("030 123456", "Germany", ("DE", True, "fixed line")),
        ("030 123456", None, (None, False, None)),
        ("+1 212 555 0199", "Germany", ("US", True, "fixed line or mobile")),
        ("+800 1234 5678", None, (None, True, "toll free")),
        ("call me", None, (None, False, None)),
        (None, "Germany", (None, None, None)),
    ],
)
def test_a_number_tells_country_validity_and_line(
    number: str | None, where: str | None, told: tuple[str | None, bool | None, str | None]
) -> None:
    assert (country(number, where), valid(number, where), line(number, where)) == told
