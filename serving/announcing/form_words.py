"""What a lead wrote, as a person reads it."""

from collections.abc import Iterator, Mapping

from leads.agreement import Agreement


def form_lines(form: Mapping[str, object], agreement: Agreement, margin: int) -> Iterator[str]:
    """One line for each question that was answered, `margin` blanks before it."""
    for key, value in form.items():
        if value is not None and value != "":
            yield " " * margin + f"{_name(agreement, key)}: {indented(_text(value), margin + 4)}"


def indented(text: str, margin: int) -> str:
    """What follows a line end stands deeper, so that no lead can write lines that look like ours."""
    return ("\n" + " " * margin).join(text.splitlines())


def _name(agreement: Agreement, key: str) -> str:
    field = agreement.form.fields.get(key)
    return (field.label or field.column or key) if field else key


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
