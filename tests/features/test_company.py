import pytest

from features.company import legal_form, stand_in, word_count


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Müller GmbH", "gmbh"),
        ("Müller GmbH & Co. KG", "gmbh & co. kg"),
        ("Acme, Inc.", "inc"),
        ("Acme S.A.", "sa"),
        ("Acme, S. de R.L. de C.V.", "sa de cv"),
        ("Infotech Pvt. Ltd.", "pvt ltd"),
        ("Handel Sp. z o.o.", "sp. z o.o."),
        ("Novo A/S", "as"),
        ("Acme", "none"),
        ("SA", "none"),
        ("??", None),
    ],
)
def test_a_name_tells_its_legal_form(name: str, form: str | None) -> None:
    assert legal_form(name) == form


@pytest.mark.parametrize(
    ("name", "told"),
    [("test", True), ("Self employed", True), ("-", True), ("Acme", False), ("Test Valley Ltd", False)],
)
def test_a_name_may_stand_for_no_company(name: str, told: bool) -> None:
    assert stand_in(name) is told


def test_words_are_counted_with_the_legal_form() -> None:
    assert word_count("Acme Trading Ltd.") == 3
