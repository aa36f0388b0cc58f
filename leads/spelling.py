"""How the outcome column of a table spells its answers."""


def spelled(cell: object) -> str:
    """1, 1.0, "1" and True where the agreement writes "1" are one answer."""
    text = str(cell).strip()
    if text in ("True", "False"):
        return "1" if text == "True" else "0"
    return text.removesuffix(".0") if text.removesuffix(".0").lstrip("-").isdigit() else text
