"""Free text: signals that need no language. No word of it ever comes out."""

from collections.abc import Callable


def characters(text: str) -> int:
    """How many characters were written."""
    return len(text)


def word_count(text: str) -> int:
    """How many words were written."""
    return len(text.split())


def lines(text: str) -> int:
    """How many lines with something on them were written."""
    return sum(bool(line.strip()) for line in text.splitlines())


def questions(text: str) -> int:
    """How many question marks it has, of any script."""
    return sum(map(text.count, "?？؟"))


def exclamations(text: str) -> int:
    """How many exclamation marks it has."""
    return text.count("!") + text.count("！")


def digits(text: str) -> int:
    """How many digits it has; amounts, sizes and dates tell of a concrete need."""
    return _count(text, str.isdigit)


def links(text: str) -> int:
    """How many web addresses it has; many tell of spam."""
    lower = text.lower()
    return lower.count("://") + lower.count("www.") - lower.count("://www.")


def capitals_share(text: str) -> float | None:
    """The share of capitals among the letters that could be one; missing where the script has none."""
    upper, lower = _count(text, str.isupper), _count(text, str.islower)
    return upper / (upper + lower) if upper + lower else None


def _count(text: str, test: Callable[[str], bool]) -> int:
    """Asks each sign once, not each letter of the text: ten thousand letters have a hundred signs."""
    return sum(text.count(sign) for sign in set(text) if test(sign))
