"""What models are called: `conversion/3` is bundle 3, in answers, decisions and MLflow alike."""

REGISTERED_MODEL = "conversion"


def model_name(number: int) -> str:
    return f"{REGISTERED_MODEL}/{number}"


def model_or_none(number: int | None) -> str | None:
    """None is the agreement's scorecard."""
    return None if number is None else model_name(number)


def model_number(name: str) -> int | None:
    """None where it is no model of the ledger."""
    registered, _, number = name.partition("/")
    return int(number) if registered == REGISTERED_MODEL and number.isdecimal() else None
