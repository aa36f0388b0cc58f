import pycountry
import pytest

from features.origin import country
from features.place import REGIONS, iso_code, region


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Germany", "DE"),
        ("DEUTSCHLAND", "DE"),
        ("Germany (DE)", "DE"),
        ("deu", "DE"),
        ("UK", "GB"),
        ("U.S.A.", "US"),
        ("Estados Unidos", "US"),
        ("Türkei", "TR"),
        ("Brasil", "BR"),
        ("Côte d'Ivoire", "CI"),
        ("The Netherlands", "NL"),
        ("Korea, Republic of", "KR"),
        ("Asia/Pacific Region", "unrecognised"),
        ("unknown", "unrecognised"),
    ],
)
def test_a_country_is_known_as_people_write_it(written: str, code: str) -> None:
    assert iso_code(written) == code


def test_every_country_lies_in_one_region() -> None:
    codes = " ".join(REGIONS.values()).split()
    assert sorted(codes) == sorted({*(country.alpha_2 for country in pycountry.countries), "XK"})


def test_a_country_tells_its_region() -> None:
    assert (region("Österreich"), region("India"), region("Atlantis")) == (
        "Western Europe",
        "Southern Asia",
        "unrecognised",
    )


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (("Spain", "+49 30 123456", "a@acme.fr"), "ES"),
        (("Atlantis", "+49 30 123456", "a@acme.fr"), "DE"),
        ((None, "12", "a@acme.co.uk"), "GB"),
        ((None, None, "a@acme.io"), None),
        ((None, None, "a@acme.com"), None),
    ],
)
def test_the_form_tells_the_country_else_the_telephone_else_the_mail(
    told: tuple[str | None, ...], code: str | None
) -> None:
    assert country(("country", "phone", "email"), *told) == code
