"""What the operator says of the outside: own networks in which receivers may stand, and the relay for mail."""

import re
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from leads.agreement import Agreement
from leads.refusal import Refusal
from leads.settings import settings
from serving.delivery.addresses import Network, networks

PORTS = {"smtp": 587, "smtps": 465}


class Relay(NamedTuple):
    """Where mail is handed over. `smtps` speaks TLS from the first byte; `smtp` turns to it where it is offered."""

    scheme: Literal["smtp", "smtps"]
    host: str
    port: int
    user: str | None
    password: str | None
    sender: str


class Configuration(NamedTuple):
    networks: tuple[Network, ...] = ()
    relay: Relay | None = None


def configuration() -> Configuration:
    """From the environment; Refusal where that cannot be meant."""
    found = settings()
    return Configuration(networks(found.receiver_networks or ""), _relay(found.smtp_url, found.mail_from))


def public_url() -> str | None:
    """Where people reach this service from outside, without a slash at its end."""
    found = settings().public_url
    if found is None:
        return None
    try:
        parts = urlsplit(found)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment or "@" in parts.netloc or not re.fullmatch("[!-~]+", found):
        raise Refusal("ACCORD_PUBLIC_URL is this service's own address; write it as https://accord.example.com.")
    return found.rstrip("/")


def mail_without_links(agreement: Agreement) -> bool:
    """Mail to sales leaves, and it cannot be answered with a click."""
    sales = agreement.sales
    mailed = sales.mail or any(person.mail for person in sales.people)
    return bool(mailed and settings().smtp_url and not settings().public_url)


def mail_not_configured(agreement: Agreement) -> bool:
    """The agreement names somebody to be mailed, and nothing says how: the mails wait."""
    return bool(agreement.sales.mail or agreement.marketing.mail) and not settings().smtp_url


def _relay(url: str | None, sender: str | None) -> Relay | None:
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _no_relay() from None
    if parts.scheme not in PORTS or not host or parts.path.strip("/") or parts.query or re.search(r"\s", url):
        raise _no_relay()
    user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
    scheme: Literal["smtp", "smtps"] = "smtps" if parts.scheme == "smtps" else "smtp"
    return Relay(scheme, host, port or PORTS[scheme], user, password, _sender(sender))


def _sender(text: str | None) -> str:
    from email_validator import EmailNotValidError, validate_email  # only where mail is sent, it is slow to import

    try:
        return validate_email(text or "", check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError:
        raise Refusal("Mail needs a sender: set ACCORD_MAIL_FROM to an address such as accord@example.com.") from None


def _no_relay() -> Refusal:
    return Refusal("ACCORD_SMTP_URL is written smtp://USER:PASSWORD@HOST:587 (or smtps://…:465); write it so.")
