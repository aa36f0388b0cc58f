"""Company names: their legal form and how they are written."""

from collections.abc import Mapping
from functools import cache

from features.vocabulary import Vocabulary, vocabulary, word_set, words

LEGAL_FORMS: Mapping[str, str] = {
    "gmbh": "gmbh ggmbh gesmbh mbh",
    "gmbh & co. kg": "gmbh_co_kg gmbh_cokg",
    "ug": "ug",
    "ag": "ag",
    "se": "se",
    "partnership": "kg ohg gbr llp lp vof snc scs snd",
    "sole trader": "ek einzelunternehmen eenmanszaak",
    "association": "ev verein asbl vzw association asociacion associazione vereniging associacao",
    "foundation": "stiftung foundation fundacion fondation fondazione stichting fundacao",
    "inc": "inc incorporated",
    "corp": "corp corporation",
    "llc": "llc",
    "ltd": "ltd limited",
    "pvt ltd": "pvt_ltd private_limited pvt",
    "pty ltd": "pty_ltd pty",
    "pte ltd": "pte_ltd pte",
    "plc": "plc",
    "sa": "sa",
    "sas": "sas sasu",
    "sarl": "sarl eurl",
    "sl": "sl slu",
    "srl": "srl srls",
    "spa": "spa",
    "sa de cv": "sa_de_cv sapi_de_cv s_de_rl",
    "ltda": "ltda lda eireli",
    "bv": "bv bvba",
    "nv": "nv",
    "ab": "ab",
    "as": "a_s as asa aps",
    "oy": "oy oyj",
    "sp. z o.o.": "sp_z_oo spzoo",
    "sro": "sro spol",
    "doo": "doo dooel",
    "kft": "kft zrt bt",
    "kk": "kk",
    "co": "co company",
}
STAND_INS = word_set(
    "na none no nil null test testing tests asdf qwerty xxx abc unknown private privat particular particulier privato "
    "personal individual self own me myself freelance freelancer freiberufler independent independiente indipendente "
    "zelfstandig autonomo selbststandig selbstandig selbstaendig student unemployed retired company firma"
)


def legal_form(name: str) -> str | None:
    """The legal form at the end of the name, such as gmbh, inc, ltd or sarl; none where it names no form."""
    found = _words(name)
    meanings = list(_forms().meanings(found[max(1, len(found) - 5) :]))
    return meanings[-1] if meanings else "none" if found else None


def word_count(name: str) -> int:
    """How many words the company's name has, its legal form included."""
    return len(_words(name))


def stand_in(name: str) -> bool:
    """The answer names no company: test, none, private, self employed, freelancer, or not one letter."""
    found = _words(name)
    return not any(map(str.isalpha, "".join(found))) or (found[0] in STAND_INS and len(found) < 3)


def spelled_in(name: str, host_name: str) -> bool:
    """Whether a domain's name holds a word of four letters or more of the company's, or is its words or initials."""
    forms = _forms().exact
    parts = [word for word in _words(name) if word not in forms]
    spelled = "".join(words(host_name))
    wholes = {"".join(parts), "".join(part[0] for part in parts) if len(parts) > 1 else ""}
    return spelled in wholes - {""} or any(len(part) > 3 and part in spelled for part in parts)


def _words(name: str) -> list[str]:
    return words(name.replace(".", ""))


@cache
def _forms() -> Vocabulary:
    return vocabulary(LEGAL_FORMS)
