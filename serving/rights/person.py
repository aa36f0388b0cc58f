"""Who is meant, where somebody names a person."""

from leads.ledger import Ledger, digests
from leads.person import identities_of_text
from leads.refusal import Refusal


class NoPerson(Refusal):
    """Neither an e-mail address nor a telephone number."""


def person_named(ledger: Ledger, text: str) -> tuple[str, ...]:
    """By digest, as the ledger knows people."""
    found = identities_of_text(text)
    if not found:
        raise NoPerson("Name a person by an e-mail address, or by a telephone number with its country code.")
    return digests(ledger, found)
