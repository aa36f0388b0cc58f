import pytest

from features import mail


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("ann@gmail.com", "free"),
        ("ANN@Web.DE", "free"),
        ("a@mailinator.com", "disposable"),
        ("a@students.uni-muenchen.de", "education"),
        ("a@cam.ac.uk", "education"),
        ("a@mit.edu", "education"),
        ("a@hmrc.gov.uk", "government"),
        ("a@bund.de", "government"),
        ("a@canada.gc.ca", "government"),
        ("a@acme.de", "company"),
        ("a@acme.nosuchending", "unknown"),
        ("no address", "unknown"),
    ],
)
def test_an_address_tells_the_kind_of_its_domain(address: str, kind: str) -> None:
    assert mail.domain_kind(address) == kind


def test_the_ending_is_told_only_where_it_exists() -> None:
    assert (mail.top_level("a@b.co.uk"), mail.top_level("a@b.secret")) == ("uk", None)


def test_a_role_is_told_from_a_person() -> None:
    assert (mail.role("Info+web@acme.com"), mail.role("ann@acme.com")) == (True, False)


def test_digits_are_counted_before_the_at_sign() -> None:
    assert mail.digits_share("a123@4.com") == 0.75


@pytest.mark.parametrize(
    ("address", "company", "spelled"),
    [
        ("a@acme-trading.com", "Acme Trading Ltd", True),
        ("a@ibm.com", "International Business Machines Corp.", True),
        ("a@acme.com", "Other GmbH", False),
        ("a@gmail.com", "Acme", None),
        ("a@acme.com", None, None),
    ],
)
def test_a_domain_may_spell_the_company(address: str, company: str | None, spelled: bool | None) -> None:
    assert mail.names_company(address, company) is spelled


def test_an_address_may_hold_its_persons_name() -> None:
    assert mail.names_person("j.muller@acme.com", "Jörg Müller") is True
    assert mail.names_person("info@acme.com", "Jörg Müller") is False


def test_mail_and_website_may_be_of_one_domain() -> None:
    assert mail.same_site("a@mail.acme.co.uk", "https://www.acme.co.uk/x") is True
    assert mail.same_site("a@acme.com", "other.com") is False
