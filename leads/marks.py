"""Which marks of a submission tell of a bot.

One that people practically never earn puts a lead into quarantine by itself; of those that people do earn now and then
it takes two."""

CERTAIN = frozenset({"honeypot", "too-fast", "repeated-content", "many-sendings"})
LIKELY = frozenset({"disposable-address", "links"})
"""People throw addresses away after a download, and name their website: only both together tell of spam."""


def doubtful(marks: tuple[str, ...]) -> bool:
    """Whether a lead waits in quarantine."""
    return not CERTAIN.isdisjoint(marks) or len(LIKELY.intersection(marks)) > 1
