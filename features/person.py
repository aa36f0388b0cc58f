"""Names of persons: whether one was written with care, never which."""

import unicodedata

from features.vocabulary import word_set, words

VOWELS = frozenset("aeiouyæøœ")
KEYBOARD_RUNS = ("asdf", "sdfg", "dfgh", "qwer", "wert", "zxcv", "yxcv", "hjkl", "uiop", "abcd", "1234")
NO_NAMES = word_set("test tester testing admin none na null name foo bar user anonymous nobody xyz abc")


def word_count(name: str) -> int:
    """How many words the name has."""
    return len(words(name))


def letters_only(name: str) -> bool:
    """The name has letters and what joins them (blanks, hyphens, apostrophes, full stops) and nothing else."""
    return all(unicodedata.category(sign)[0] in "LM" or sign in " -'’.‐" for sign in name) and any(
        map(str.isalpha, name)
    )


def plausible(name: str) -> bool:
    """It looks like a real name: letters only, a vowel in Latin script, no letter three times in a row, no run of keys
    such as asdf, and no word such as test."""
    found = words(name)
    joined = "".join(found)
    return not (
        not letters_only(name)
        or NO_NAMES.intersection(found)
        or (joined.isascii() and not VOWELS.intersection(joined))
        or any(a == b == c for a, b, c in zip(joined, joined[1:], joined[2:], strict=False))
        or any(run in joined for run in KEYBOARD_RUNS)
    )


def capitalised(name: str) -> bool:
    """Every word begins with a capital and is not in capitals throughout; in scripts without capitals never."""
    found = name.split()
    return bool(found) and all(word[:1].isupper() for word in found) and not (len(name) > 3 and name.isupper())
