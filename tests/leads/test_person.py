import pytest

from leads.fields import Field
from leads.person import identities, identities_of_text, normal_email, normal_phone

FIELDS = {
    "phone": Field(kind="phone"),
    "email": Field(kind="email"),
    "second_email": Field(kind="email"),
    "name": Field(kind="person"),
}


@pytest.mark.parametrize(
    "written",
    [
        "jane@example.com",
        " Jane@EXAMPLE.com ",
        "jane+fair@example.com",
        "JANE+a+b@Example.Com",
        "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ",
    ],
    ids=["plain", "case and space", "tag", "two tags", "full width"],
)
def test_variants_of_an_address_are_one_person(written: str) -> None:
    assert normal_email(written) == "jane@example.com"


@pytest.mark.parametrize("written", ["j.a.n.e@gmail.com", "jane@googlemail.com", "J.ane+x@GoogleMail.com"])
def test_dots_mean_nothing_where_the_provider_ignores_them(written: str) -> None:
    assert normal_email(written) == "jane@gmail.com"


def test_dots_mean_another_person_everywhere_else() -> None:
    assert normal_email("j.ane@example.com") != normal_email("jane@example.com")


def test_a_look_alike_domain_is_another_person_and_an_umlaut_is_the_same_as_its_ascii_form() -> None:
    assert normal_email("jane@аpple.com") == "jane@xn--pple-43d.com"
    assert normal_email("jane@bücher.example") == normal_email("jane@xn--bcher-kva.example")
    assert normal_email("jane@bu\u0308cher.example") == "jane@xn--bcher-kva.example"


def test_an_address_that_is_only_a_tag_keeps_it() -> None:
    assert normal_email("+fair@example.com") == "+fair@example.com"


@pytest.mark.parametrize("written", ["+49 30 1234567", "0049 (30) 123-4567", "+49301234567", "49 30 1234567"])
def test_a_number_is_its_digits(written: str) -> None:
    assert normal_phone(written) == "49301234567"


def test_the_first_address_is_the_person_and_numbers_come_last() -> None:
    values = {"phone": "+49 30 1", "email": "Jane@example.com", "second_email": "j@example.com", "name": "Jane"}
    assert identities(values, FIELDS) == ("email:jane@example.com", "email:j@example.com", "phone:49301")


def test_who_gives_neither_is_nobody() -> None:
    assert identities({"phone": None, "email": None, "second_email": None, "name": "Jane"}, FIELDS) == ()


def test_one_address_given_twice_is_one() -> None:
    values = {"phone": None, "email": "a@b.com", "second_email": "A@b.com", "name": None}
    assert identities(values, FIELDS) == ("email:a@b.com",)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (" Jane+x@Example.com", ("email:jane@example.com",)),
        ("0049 30 1234567", ("phone:49301234567",)),
        ("Jane Doe", ()),
        ("12", ()),
        ("", ()),
        ("Jane <jane@example.com>", ()),
        ("jane@", ()),
    ],
    ids=["address", "number", "name", "too short", "nothing", "name and address", "half an address"],
)
def test_a_person_is_asked_for_as_the_forms_know_her(asked: str, found: tuple[str, ...]) -> None:
    assert identities_of_text(asked) == found
