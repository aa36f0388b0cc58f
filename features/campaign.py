"""Where the visitor came from: campaign parameters, referring site and landing page, brought to one spelling."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from features import domain, website
from features.vocabulary import word_set, words
from leads.fields import Value

LONGEST_LEVEL = 60
MEDIUMS: Mapping[str, str] = {
    "paid social": "paidsocial socialpaid paidsocialmedia socialads socialad cpcsocial",
    "paid search": "cpc ppc sem paid paidsearch searchpaid adwords googleads searchads cpa",
    "display": "display banner cpm programmatic gdn retargeting remarketing native nativeads discovery interstitial",
    "video": "video paidvideo youtube ctv",
    "email": "email mail newsletter newsletters mailing edm drip",
    "partner": "partner partners affiliate affiliates reseller cobranding marketplace aggregator",
    "referral": "referral refer referrer link blog pressrelease pr recommendation wordofmouth",
    "organic search": "organic organicsearch seo naturalsearch",
    "social": "social socialmedia socialnetwork sm organicsocial socialorganic post story influencer",
    "event": "event events webinar tradeshow conference exhibition messe fair meetup",
    "offline": "offline print qr qrcode flyer postcard letter tv radio phone call billboard",
    "message": "sms push whatsapp chat messenger chatbot inapp text",
    "direct": "direct none notset typein",
}
SEARCH = word_set(
    "google bing yahoo duckduckgo ecosia baidu yandex qwant startpage naver seznam ask aol brave sogou msn adwords"
)
SOCIAL = word_set(
    "facebook fb instagram ig linkedin lnkd twitter t x youtube youtu tiktok xing pinterest reddit snapchat threads "
    "whatsapp telegram vk quora tumblr bsky mastodon meta"
)
ASSISTANTS = word_set("chatgpt openai perplexity claude gemini copilot mistral deepseek grok")
MAIL_HOSTS = ("mail.", "outlook.", "webmail.", "com.google.android.gm")
# What each advertiser's click id stands for; the one of Facebook is also put on links nobody paid for.
CLICKS = ("paid search",) * 3 + ("display", "social", "paid search", "paid social", "paid social", "paid social")
CLICK_IDS = ("gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "li_fat_id", "ttclid", "twclid")
CHANNEL_INPUTS = ("utm_source", "utm_medium", "referrer", "page", *CLICK_IDS)
PLACE = re.compile(r"[a-z][a-z_-]{0,39}")


def parameter(value: Value) -> str | None:
    """The parameter in lower case; missing where it holds an e-mail address or is too long to be a name."""
    written = " ".join(value.lower().split()) if isinstance(value, str) else ""
    address = "@" in written or "%40" in written
    return written if written and len(written) <= LONGEST_LEVEL and not address else None


def channel(source: Value, medium: Value, referrer: Value, page: Value, *clicks: Value) -> str | None:
    """How the visitor came: paid search, organic search, paid social, social, display, video, email, partner, referral,
    event, offline, message, assistant, direct or other. Told by the campaign's medium, else by an advertiser's click
    id, else by its source, else by the referring site; direct where only the page is known."""
    if told := _medium(_squeezed(medium)):
        return _of_source(told, _site(source))
    clicked = next((name for name, click in zip(CLICKS, clicks, strict=False) if click), None)
    if clicked or medium:
        return clicked or "other"
    if source:
        return _named_channel(source)
    return _by_referrer(referrer, page)


def referrer_kind(referrer: Value, page: Value) -> str | None:
    """The kind of site the visitor came from: search, social, assistant, mail, own (the page's own site) or other."""
    host = website.host_of(referrer) if isinstance(referrer, str) else ""
    if not host:
        return None
    if isinstance(page, str) and domain.domain(website.host_of(page)) == domain.domain(host):
        return "own"
    if host.startswith(MAIL_HOSTS):
        return "mail"
    return _site_kind(domain.domain(host).name) or "other"


def referrer_site(referrer: Value) -> str | None:
    """The search engine, social network or assistant the visitor came from; other for any other site."""
    host = website.host_of(referrer) if isinstance(referrer, str) else ""
    name = domain.domain(host).name
    return None if not host else name if _site_kind(name) else "other"


def page_section(page: Value) -> str | None:
    """The first folder of the landing page's path, such as pricing; / for the front page, and other for what does not
    read like a word."""
    found = _folders(page)
    if found is None:
        return None
    first = found[0].lower().partition(".")[0] if found else "/"
    return first if first == "/" or PLACE.fullmatch(first) else "other"


def page_depth(page: Value) -> int | None:
    """How many folders deep the landing page lies; 0 for the front page."""
    return None if (found := _folders(page)) is None else len(found)


def _folders(page: Value) -> list[str] | None:
    """The folders of a landing page sent as a whole address or as its path alone."""
    if not isinstance(page, str):
        return None
    path_only = page.startswith("/") and not page.startswith("//")
    return website.segments(f"//page{page}" if path_only else page)


def _squeezed(value: Value) -> str:
    return "".join(words(value)).replace("_", "") if isinstance(value, str) else ""


def _site(source: Value) -> str | None:
    """search, social or assistant, from a source such as google, FB_ads or m.facebook.com."""
    if not isinstance(source, str):
        return None
    parts = [part for word in words(source) for part in word.split("_")]
    return next((kind for part in parts if len(part) > 1 and (kind := _site_kind(part))), None)


def _site_kind(name: str) -> str | None:
    if name in SEARCH:
        return "search"
    if name in SOCIAL:
        return "social"
    return "assistant" if name in ASSISTANTS else None


def _medium(medium: str) -> str | None:
    return _mediums().get(medium) if medium else None


def _of_source(channel: str, site: str | None) -> str:
    """Paid clicks and free ones are social where the source is a social network."""
    if site != "social":
        return channel
    return {"paid search": "paid social", "organic search": "social", "referral": "social"}.get(channel, channel)


def _named_channel(source: Value) -> str:
    """A source without a medium: what its site or its own word says."""
    site = _site(source)
    by_site = {"search": "organic search", "social": "social", "assistant": "assistant"}
    return by_site[site] if site else _medium(_squeezed(source)) or "other"


def _by_referrer(referrer: Value, page: Value) -> str | None:
    kind = referrer_kind(referrer, page)
    if kind is None or kind == "own":
        return "direct" if kind or isinstance(page, str) else None
    names = {"search": "organic search", "social": "social", "assistant": "assistant", "mail": "email"}
    return names.get(kind, "referral")


@cache
def _mediums() -> Mapping[str, str]:
    return dict(_spellings())


def _spellings() -> Iterator[tuple[str, str]]:
    for channel, spellings in MEDIUMS.items():
        yield from ((spelling, channel) for spelling in spellings.split())
