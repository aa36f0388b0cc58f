import pytest

from features.website import depth, has_path, platform, top_level


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://acme.co.uk/about/us?x=1", ("uk", True, 2, False)),
        ("acme.de", ("de", False, 0, False)),
        ("linkedin.com/in/somebody", ("com", True, 2, True)),
        ("https://acme.nosuchending/", (None, False, 0, False)),
        ("acme.de/?next=https://other.fr/a/b", ("de", False, 0, False)),
        ("//acme.de/a", ("de", True, 1, False)),
        ("http://[::1", (None, None, None, None)),
        ("/about", (None, None, None, None)),
    ],
)
def test_a_web_address_tells_how_it_is_built(
    address: str, told: tuple[str | None, bool | None, int | None, bool | None]
) -> None:
    assert (top_level(address), has_path(address), depth(address), platform(address)) == told
