import pytest

from features.person import capitalised, letters_only, plausible, word_count


@pytest.mark.parametrize(
    "name", ["Ann Lee", "José", "Müller-Lüdenscheidt", "O'Neil", "Dr. Jane Roe", "李小龙", "Øyvind"]
)
def test_a_real_name_looks_real(name: str) -> None:
    assert plausible(name)


@pytest.mark.parametrize("name", ["asdf", "Xxx", "test user", "bcdfg", "J0hn", "aaaa", "123", "Ann@Lee"])
def test_an_invented_name_does_not(name: str) -> None:
    assert not plausible(name)


def test_how_a_name_is_written_is_told() -> None:
    assert [letters_only("Ann-Lee"), letters_only("Ann 2")] == [True, False]
    assert [capitalised("Ann Lee"), capitalised("ann lee"), capitalised("ANN LEE")] == [True, False, False]
    assert word_count("Ann van der Lee") == 4
