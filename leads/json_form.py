"""The JSON object that a page would send for a lead whose values are known, from a table say."""

import datetime
import math
from collections.abc import Mapping

from leads.fields import Value
from leads.form import ARRIVED

JsonForm = dict[str, str | float | bool]


def json_form(values: Mapping[str, Value]) -> JsonForm:
    """What is missing is left out."""
    made = {key: _sent(value) for key, value in values.items() if key != ARRIVED}
    return {key: value for key, value in made.items() if value is not None}


def _sent(value: Value) -> str | float | bool | None:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float):
        return None if math.isnan(value) else int(value) if value.is_integer() else value
    return value
