import pytest

from features import campaign

GOOGLE, FACEBOOK, OWN = "https://www.google.de/", "https://m.facebook.com/x", "https://www.acme.com/blog"
PAGE = "https://acme.com/pricing/teams?plan=2"


@pytest.mark.parametrize(
    ("source", "medium", "referrer", "page", "told"),
    [
        ("google", "cpc", None, None, "paid search"),
        ("facebook", "cpc", None, None, "paid social"),
        ("fb_ads", "Paid-Social", None, None, "paid social"),
        ("linkedin", "organic", None, None, "social"),
        ("hubspot", "E-Mail", None, None, "email"),
        ("newsletter", None, None, None, "email"),
        ("bing", None, None, None, "organic search"),
        ("(direct)", "(none)", None, None, "direct"),
        ("x", "strange", GOOGLE, None, "other"),
        (None, None, GOOGLE, PAGE, "organic search"),
        (None, None, FACEBOOK, PAGE, "social"),
        (None, None, "https://chatgpt.com/", PAGE, "assistant"),
        (None, None, "https://blog.other.com", PAGE, "referral"),
        (None, None, OWN, PAGE, "direct"),
        (None, None, None, PAGE, "direct"),
        (None, None, None, None, None),
    ],
)
def test_the_channel_is_told_from_what_is_known(
    source: str | None, medium: str | None, referrer: str | None, page: str | None, told: str | None
) -> None:
    assert campaign.channel(source, medium, referrer, page) == told


@pytest.mark.parametrize(
    ("click", "told"), [("gclid", "paid search"), ("dclid", "display"), ("fbclid", "social"), ("twclid", "paid social")]
)
def test_a_click_id_tells_the_channel(click: str, told: str) -> None:
    clicks = ["abc" if name == click else None for name in campaign.CLICK_IDS]
    assert campaign.channel(None, None, GOOGLE, PAGE, *clicks) == told


def test_every_click_id_stands_for_a_channel() -> None:
    assert len(campaign.CLICKS) == len(campaign.CLICK_IDS)


def test_parameters_are_brought_to_one_spelling() -> None:
    assert campaign.parameter(" Spring   SALE ") == "spring sale"


@pytest.mark.parametrize("value", ["ann@acme.com", "ann%40acme.com", "x" * 61, " "])
def test_what_cannot_name_a_campaign_is_no_level(value: str) -> None:
    assert campaign.parameter(value) is None


def test_the_referring_site_is_named_only_where_it_is_everybodys() -> None:
    sites = [campaign.referrer_site(site) for site in (GOOGLE, "https://t.co/x", "https://small.shop")]
    assert sites == ["google", "t", "other"]


@pytest.mark.parametrize(
    ("page", "section", "depth"),
    [
        (PAGE, "pricing", 2),
        ("https://acme.com/", "/", 0),
        ("/demo.html", "demo", 1),
        ("acme.com/Demo.html", "demo", 1),
        ("https://acme.com/8f14e45f", "other", 1),
        ("https://acme.com/ann@x.com", "other", 1),
    ],
)
def test_the_landing_page_tells_section_and_depth(page: str, section: str | None, depth: int | None) -> None:
    assert (campaign.page_section(page), campaign.page_depth(page)) == (section, depth)
