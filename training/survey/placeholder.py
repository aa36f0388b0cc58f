"""Words that fill a cell without saying anything."""

import numpy as np

from training.survey.sighting import Sighting

SPELLINGS = """
select | select one | select an option | please select | please choose | choose | choose one | bitte wählen |
bitte auswählen | auswählen | sélectionner | seleccionar | unknown | unkown | unk | not known | unbekannt |
inconnu | desconocido | n/a | na | n.a. | n.a | #n/a | n/d | nan | null | (null) | <null> | nil | nat | ? | ?? |
- | -- | --- | – | — | . | .. | … | not available | not applicable | not provided | not specified | not set |
not given | not selected | not disclosed | no answer | no response | unspecified | undefined | undisclosed |
missing | (missing) | blank | (blank) | empty | (empty) | (not set) | (not provided) | (none) | <na> |
keine angabe | k.a. | ohne angabe | tbd | to be determined | #value! | #ref! | #name? | #div/0!
"""
WORDS = frozenset(word.strip() for word in SPELLINGS.split("|"))
WORDS_BESIDE_NUMBERS = frozenset({"none", "no data", "nd", "na na", "x", "error"})
"""Among levels these may say something ("none" of the offers); among numbers, flags and dates they cannot."""
LONGEST = 30
DRESSING = " -–—<>[]*:.…"


def placeholders(seen: Sighting) -> list[int]:
    """The places of the values that mean "not given"."""
    words = np.flatnonzero(np.isnan(seen.numbers)).tolist()
    return [place for place in words if len(seen.texts[place]) <= LONGEST and _plain(seen.texts[place]) in WORDS]


def numeric_placeholders(seen: Sighting) -> list[int]:
    return [place for place, text in enumerate(seen.texts) if text.casefold() in WORDS_BESIDE_NUMBERS]


def _plain(text: str) -> str:
    """ "-- Select --" and "Select..." as "select"."""
    word = text.casefold()
    return word if word in WORDS or word.isalnum() else " ".join(word.strip(DRESSING).split())
