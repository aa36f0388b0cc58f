"""Web addresses: how they are built, never which they are."""

from urllib.parse import SplitResult, urlsplit

from features import domain
from features.vocabulary import word_set

PLATFORMS = word_set(
    "facebook linkedin instagram twitter x youtube tiktok xing github medium wixsite wix wordpress blogspot weebly "
    "jimdo squarespace shopify myshopify google etsy amazon linktr"
)


def split(address: str) -> SplitResult | None:
    """The parts of a web address with or without its scheme; None for what cannot be one."""
    written = address.strip()
    scheme, mark, _ = written.partition("://")
    whole = written.startswith("//") or (mark and scheme.isalnum())
    try:
        parts = urlsplit(written if whole else f"//{written}")
        return parts if parts.hostname else None
    except ValueError:
        return None


def host_of(address: str) -> str:
    parts = split(address)
    return parts.hostname or "" if parts else ""


def segments(address: str) -> list[str] | None:
    parts = split(address)
    return [part for part in parts.path.split("/") if part] if parts else None


def top_level(address: str) -> str | None:
    """The ending of the site's domain, such as com or de; missing where no such ending exists."""
    return domain.top_level(host_of(address))


def has_path(address: str) -> bool | None:
    """The address leads to a page and not to the front of the site."""
    return None if (found := segments(address)) is None else bool(found)


def depth(address: str) -> int | None:
    """How many folders deep the page lies; 0 for the front of the site."""
    return None if (found := segments(address)) is None else len(found)


def platform(address: str) -> bool | None:
    """The site is a page on somebody else's platform, such as a social network or a site builder."""
    return domain.domain(host).name in PLATFORMS if (host := host_of(address)) else None
