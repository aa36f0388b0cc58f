"""Reads what sales and marketing sign; whatever is wrong in it is told with its line."""

import os
from pathlib import Path

from pydantic import ValidationError

from leads.agreement_text import AgreementError, invalid, parse_toml, report
from leads.contradictions import contradictions
from leads.sections import (
    Agreement,
    Between,
    Condition,
    FieldValue,
    FormSection,
    Goal,
    Marketing,
    Person,
    Privacy,
    Routing,
    Rule,
    Sales,
    Scorecard,
    Table,
)

__all__ = [
    "Agreement",
    "AgreementError",
    "Between",
    "Condition",
    "FieldValue",
    "FormSection",
    "Goal",
    "Marketing",
    "Person",
    "Privacy",
    "Routing",
    "Rule",
    "Sales",
    "Scorecard",
    "Table",
    "agreement_path",
    "parse_agreement",
    "read_agreement",
]


def agreement_path(given: str | None) -> Path:
    return Path(given or os.environ.get("ACCORD_AGREEMENT") or "accord.toml")


def read_agreement(path: Path) -> Agreement:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise AgreementError(
            f"There is no agreement at {path}. Write one from a table of past leads with"
            " `accord init FILE --target COLUMN`, or name another file with --agreement."
        ) from None
    except UnicodeDecodeError as error:
        raise AgreementError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from None
    except OSError as error:
        raise AgreementError(f"{path} cannot be read: {error.strerror}.") from None
    return parse_agreement(text, str(path))


def parse_agreement(text: str, name: str = "accord.toml") -> Agreement:
    document = parse_toml(text, name)
    try:
        agreement = Agreement.model_validate(document)
    except ValidationError as error:
        raise invalid(error, text, name) from None
    if found := list(contradictions(agreement)):
        raise report(found, text, name)
    return agreement
