import pytest

from features.catalogue import WHOLE_FORM, Feature, field_label, plan
from leads.fields import Field
from leads.form import ARRIVED, CAMPAIGN_FIELDS
from leads.kinds import KINDS

EVERY_KIND = {kind: Field(kind=kind) for kind in KINDS}


def names(fields: dict[str, Field]) -> list[str]:
    return [feature.name for feature in plan(fields, "UTC")]


def feature(fields: dict[str, Field], name: str) -> Feature:
    return next(feature for feature in plan(fields, "UTC") if feature.name == name)


def test_the_plan_of_a_form_is_always_the_same() -> None:
    assert names(EVERY_KIND) == names(EVERY_KIND)


def test_every_kind_but_consent_gives_a_feature() -> None:
    assert {feature.field for feature in plan(EVERY_KIND, "UTC")} & set(KINDS) == set(KINDS) - {"consent"}


def test_consent_is_no_input_of_any_feature() -> None:
    assert not [feature for feature in plan(EVERY_KIND, "UTC") if "consent" in feature.inputs]


def test_keys_with_an_underscore_in_front_never_become_features() -> None:
    fields = {"_intent": Field(kind="number"), "_spam": Field(kind="flag"), "size": Field(kind="number")}
    inputs = {key for feature in plan(fields, "UTC") for key in feature.inputs}
    assert {key for key in inputs if key.startswith("_")} == {ARRIVED}
    assert not [name for name in names(fields) if name.startswith("_")]


def test_inputs_are_form_keys_campaign_keys_or_the_arrival() -> None:
    known = {*EVERY_KIND, *CAMPAIGN_FIELDS, ARRIVED}
    assert not [feature for feature in plan(EVERY_KIND, "UTC") if not set(feature.inputs) <= known]


def test_every_feature_has_a_meaning_of_its_own_field() -> None:
    known = {*EVERY_KIND, *CAMPAIGN_FIELDS, ARRIVED, WHOLE_FORM}
    assert not [feature for feature in plan(EVERY_KIND, "UTC") if feature.field not in known or not feature.label]


@pytest.mark.parametrize(
    ("field", "label"),
    [
        (Field(kind="number"), "Total time spent"),
        (Field(kind="number", column="Total Time"), "Total Time"),
        (Field(kind="number", column="Total Time", label="Time on the site"), "Time on the site"),
    ],
)
def test_a_field_is_called_by_its_label_else_its_column_else_its_key(field: Field, label: str) -> None:
    assert field_label("total_time_spent", field) == label


def test_a_derived_feature_is_called_by_its_field_first() -> None:
    assert feature({"mail": Field(kind="email", label="E-mail")}, "mail_free_mail").label == "E-mail: free-mail address"


def test_the_unit_of_a_number_is_the_fields() -> None:
    assert feature({"visits": Field(kind="number", unit="visits")}, "visits").unit == "visits"


def test_a_feature_of_two_fields_is_there_when_the_form_has_both() -> None:
    assert "mail_names_company" not in names({"mail": Field(kind="email")})
    both = {"mail": Field(kind="email"), "firm": Field(kind="company"), "parent": Field(kind="company")}
    assert feature(both, "mail_names_company").inputs == ("mail", "firm")


def test_a_derived_feature_makes_way_for_a_field_of_its_name() -> None:
    fields = {"email": Field(kind="email"), "email_free_mail": Field(kind="flag"), "channel": Field(kind="category")}
    assert {"email_free_mail", "email_free_mail_2", "channel", "channel_2"} <= set(names(fields))
    assert feature(fields, "email_free_mail").field == "email_free_mail"
    assert len(set(names(fields))) == len(names(fields))


def test_a_campaign_field_the_form_declares_speaks_once() -> None:
    assert names({"utm_source": Field(kind="category")}).count("utm_source") == 1


def test_no_text_of_a_campaign_field_declared_personal_comes_out() -> None:
    found = names({"page": Field(kind="text"), "utm_term": Field(kind="text")})
    assert not {"page_section", "utm_term"} & set(found)


def test_a_form_of_one_field_says_nothing_about_how_full_it_is() -> None:
    assert "share_filled" not in names({"size": Field(kind="number"), "agreed": Field(kind="consent")})
