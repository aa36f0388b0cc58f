"""Words that mean something, in the languages forms are filled in, and how they are found in a short answer."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

LONGEST_PHRASE = 3


def words(text: str) -> list[str]:
    """Lower-case words without accents: "Geschäftsführer/-in (m/w/d)" gives geschaftsfuhrer, in, m, w, d."""
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
        text = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.findall(r"\w+", text.lower())


def word_set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words by exact spelling, by how they begin and by how they end, each with its meaning."""

    exact: Mapping[str, str]
    beginnings: Mapping[str, str]
    endings: Mapping[str, str]

    def meanings(self, found: Sequence[str]) -> Iterator[str]:
        """The meanings in the order of the words; the longest phrase counts, and what it holds not again."""
        at = 0
        while at < len(found):
            length, meaning = self._phrase(found, at)
            if meaning:
                yield meaning
            at += length

    def _phrase(self, found: Sequence[str], at: int) -> tuple[int, str | None]:
        for length in range(min(LONGEST_PHRASE, len(found) - at), 1, -1):
            if meaning := self.exact.get("_".join(found[at : at + length])):
                return length, meaning
        return 1, self._word(found[at])

    def _word(self, word: str) -> str | None:
        if meaning := self.exact.get(word):
            return meaning
        longest = min(len(word), 20)
        for size in range(longest, 2, -1):
            if meaning := self.beginnings.get(word[:size]) or self.endings.get(word[-size:]):
                return meaning
        return None


def vocabulary(meanings: Mapping[str, str]) -> Vocabulary:
    """From each meaning's words: `vice_president` is a phrase, `vertrieb*` a beginning and `*leiter` an ending."""
    entries = [(word, meaning) for meaning, listed in meanings.items() for word in listed.split()]
    return Vocabulary(
        exact={word: meaning for word, meaning in entries if "*" not in word},
        beginnings={word[:-1]: meaning for word, meaning in entries if word.endswith("*")},
        endings={word[1:]: meaning for word, meaning in entries if word.startswith("*")},
    )
