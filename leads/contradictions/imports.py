"""How tables of other tools are read."""

from leads.contradictions.place import Found, Place, hint
from leads.contradictions.sales import zone
from leads.form import CAMPAIGN_FIELDS
from leads.import_mapping import ImportOutcome
from leads.sections import Agreement


def imports(agreement: Agreement) -> Found:
    asked = [*agreement.form.fields, *CAMPAIGN_FIELDS]
    for name, said in agreement.imports.items():
        where, key = ("import", name), f"import.{name}"
        for field in said.columns:
            if field not in asked:
                shown = f"{key}.columns names “{field}”, which the form does not ask.{hint(field, asked)}"
                yield (*where, "columns", field), shown
        if said.timezone is not None and (fault := zone(said.timezone)):
            yield (*where, "timezone"), f"{key}.timezone{fault}"
        for place, outcome in enumerate(said.outcomes):
            yield from _outcome(agreement, (*where, "outcomes", place), f"{key}.outcomes[{place + 1}]", outcome)


def _outcome(agreement: Agreement, where: Place, key: str, said: ImportOutcome) -> Found:
    if (said.column is None) != (not said.says):
        yield where, f"{key} needs both column and says, or neither: then each row with a time in “{said.at}” is one."
    if said.type == "rejected" and said.reason is None:
        yield where, f"{key} lacks reason: name the column that says why sales rejects a lead."
    known = agreement.sales.reasons
    for told, reason in said.reasons.items():
        if reason not in known:
            shown = f"{key}.reasons names “{reason}”, which is no reason of sales.reasons.{hint(reason, known)}"
            yield (*where, "reasons", told), shown
