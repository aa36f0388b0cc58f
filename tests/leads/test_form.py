import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from leads.agreement import parse_agreement
from leads.form import CAMPAIGN_FIELDS, fold_keys, form_class, form_values

ASKED = """
[goal]
within_days = 90
value = 1000
[form.fields.email]
kind = "email"
label = "Work e-mail"
required = true
[form.fields.seats]
kind = "number"
unit = "seats"
[form.fields.demo]
kind = "flag"
[form.fields.role]
kind = "category"
levels = ["buyer", "user"]
unset = ["Select"]
[form.fields.start]
kind = "date"
[form.fields.schema]
kind = "text"
[form.fields.2nd_choice]
kind = "company"
"""


@pytest.fixture(scope="module")
def form() -> type[BaseModel]:
    return form_class(parse_agreement(ASKED))


def codes(form: type[BaseModel], **sent: object) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        form.model_validate({"email": "a@b.de"} | sent)
    return [(str(problem["loc"][0]), problem["type"]) for problem in caught.value.errors()]


def test_values_are_canonical_and_whole(form: type[BaseModel]) -> None:
    sent = {"email": " a@b.de ", "seats": 3, "role": "Select", "schema": "", "2nd_choice": "Acme", "utm_source": "x"}
    values = form_values(form.model_validate(sent))
    assert values | {"email": "a@b.de", "seats": 3.0, "2nd_choice": "Acme", "utm_source": "x"} == values
    assert values["role"] is values["schema"] is values["demo"] is None
    assert set(values) == {"email", "seats", "demo", "role", "start", "schema", "2nd_choice", *CAMPAIGN_FIELDS}


def test_what_was_sent_can_be_had_back_under_its_own_keys(form: type[BaseModel]) -> None:
    sent = {"email": "a@b.de", "role": "Select", "schema": "hello", "2nd_choice": "Acme"}
    assert form.model_validate(sent).model_dump(by_alias=True, exclude_unset=True) == sent


def test_a_level_never_seen_before_is_accepted(form: type[BaseModel]) -> None:
    assert form_values(form.model_validate({"email": "a@b.de", "role": "wizard"}))["role"] == "wizard"


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("seats", "12", "type"),
        ("seats", True, "type"),
        ("seats", math.nan, "not-finite"),
        ("seats", math.inf, "out-of-range"),
        ("seats", 10**30, "out-of-range"),
        ("seats", 10**400, "out-of-range"),
        ("seats", [], "type"),
        ("demo", "yes", "type"),
        ("demo", 1, "type"),
        ("role", 7, "type"),
        ("role", {"a": 1}, "type"),
        ("start", "2026-02-30", "date-format"),
        ("start", "1.2.2026", "date-format"),
        ("email", "a@b", "email-format"),
        ("email", None, "required"),
        ("email", "  ", "required"),
        ("schema", "a\0", "control-character"),
        ("schema", "x" * 10_001, "too-long"),
        ("utm_source", 3, "type"),
        ("is_admin", True, "extra_forbidden"),
        ("__proto__", {}, "extra_forbidden"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_key_and_code(
    form: type[BaseModel], key: str, value: object, code: str
) -> None:
    assert codes(form, **{key: value}) == [(key, code)]


def test_a_missing_required_field_is_refused(form: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="email"):
        form.model_validate({})


def test_no_message_repeats_the_value(form: type[BaseModel]) -> None:
    with pytest.raises(ValidationError) as caught:
        form.model_validate({"email": "canary"})
    assert "canary" not in str(caught.value)


def test_the_schema_tells_a_page_how_to_ask(form: type[BaseModel]) -> None:
    asked = form.model_json_schema()["properties"]
    assert asked["email"] | {"title": "Work e-mail", "type": "string", "format": "email"} == asked["email"]
    assert asked["role"]["examples"] == ["buyer", "user"]
    assert "enum" not in asked["role"]
    assert asked["seats"] | {"type": ["number", "null"], "description": "in seats"} == asked["seats"]
    assert all(part["title"] for part in asked.values())
    assert form.model_json_schema()["required"] == ["email"]
    assert form.model_json_schema()["additionalProperties"] is False


def test_what_a_page_adds_by_itself_never_costs_a_lead(form: type[BaseModel]) -> None:
    values = form_values(form.model_validate({"email": "a@b.de", "page": "x" * 9_000, "gclid": "a\0b"}))
    assert len(str(values["page"])) == 2_000
    assert values["gclid"] == "ab"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Total Time Spent on Website", "total_time_spent_on_website"),
        ("emp.var.rate", "emp_var_rate"),
        ("  Größe (m²) ", "grosse_m2"),
        ("Prénom", "prenom"),
        ("_id_", "id"),
        ("年齢", "field"),
        ("", "field"),
    ],
)
def test_a_name_is_folded_to_a_key(name: str, key: str) -> None:
    assert fold_keys([name]) == [key]


def test_a_key_that_is_taken_gets_the_next_number() -> None:
    assert fold_keys(["A b", "a-B", "a_b_2", "A B"]) == ["a_b", "a_b_2", "a_b_2_2", "a_b_3"]


@given(st.lists(st.text(max_size=12), max_size=12))
def test_keys_are_distinct_and_plain_and_stay_themselves(names: list[str]) -> None:
    keys = fold_keys(names)
    assert len(set(keys)) == len(names)
    assert all(re.fullmatch("[a-z0-9]([a-z0-9_]*[a-z0-9])?", key) for key in keys)
    assert fold_keys(keys) == keys
