"""The agreement in plain words, for the people who sign it."""

from collections.abc import Iterator

from leads.fields import Field
from leads.sections import Agreement, Between, FieldValue, Person, Privacy, Rule


def explain(agreement: Agreement) -> list[str]:
    """Lines to print; a line without indentation begins a part."""
    parts = (goal, sales, marketing, routing, not_yet, scorecard, privacy, form, left_out, history)
    return [line for part in parts for line in part(agreement)]


def goal(agreement: Agreement) -> Iterator[str]:
    said = agreement.goal
    yield "The goal"
    yield f"  A lead counts when it is “{said.conversion}” within {days(said.within_days)} of the decision."
    if isinstance(said.value, FieldValue):
        yield f"  What one is worth is what the lead writes under {name(agreement, said.value.field)}."
    else:
        yield f"  One is worth {amount(said.value)}."
    if said.per_month is not None:
        yield f"  Together both teams want {said.per_month:,} of them a month."


def sales(agreement: Agreement) -> Iterator[str]:
    said = agreement.sales
    closed = f", closed on the holidays of {said.holidays}" if said.holidays else ""
    yield "What sales promises"
    yield f"  A first answer within {said.first_response_minutes} working minutes."
    yield f"  Working hours are {said.hours} ({said.timezone}){closed}."
    yield f"  A lead takes {amount(said.minutes_per_lead)} minutes, and a minute costs {amount(said.minute_cost)}."
    yield "  A call that is expected to earn less than its minutes cost is not worth making."
    if not said.people:
        yield "  No people are named, so leads go to the queue “sales”."
    if said.mail is not None:
        yield f"  Each lead for sales, or for a person to look at, is mailed to {said.mail}."
    yield from (f"  {taker(agreement, person)}" for person in said.people)


def taker(agreement: Agreement, person: Person) -> str:
    cap = f"at most {person.daily_cap} a day" if person.daily_cap is not None else "without a daily limit"
    only = "; ".join(f"{name(agreement, key)}: {', '.join(levels)}" for key, levels in person.takes.items())
    return f"“{person.name}” takes leads {cap}, weight {amount(person.weight)}{f', only {only}' if only else ''}."


def marketing(agreement: Agreement) -> Iterator[str]:
    said = agreement.marketing
    yield "What marketing promises"
    if said.qualified_leads_per_month is not None:
        yield f"  {said.qualified_leads_per_month:,} qualified leads a month."
    yield f"  A lead that sales gives back is nurtured for {days(said.recycle_after_days)} before sales sees it again."
    if said.mail is not None:
        yield f"  Each lead to nurture is mailed to {said.mail}."


def routing(agreement: Agreement) -> Iterator[str]:
    bands, start = agreement.routing.bands, agreement.routing.sales_from
    yield "Who takes the reins"
    bounds = [percent(bands[band]) for band in ("A", "B", "C")]
    yield f"  A from {bounds[0]} likely to convert, B from {bounds[1]}, C from {bounds[2]}, D below."
    if start == "D":
        yield "  Every lead goes to sales."
    else:
        yield f"  Leads in band {start} or better go to sales, the rest to marketing."
    if agreement.routing.guard_slice:
        share = percent(agreement.routing.guard_slice)
        yield f"  For {share} of the leads a coin decides, so that we keep learning what a call changes."
    else:
        yield "  No lead is decided by lot, so what a call changes cannot be measured."


def scorecard(agreement: Agreement) -> Iterator[str]:
    said = agreement.scorecard
    yield "The scorecard, before a model exists and whenever it cannot answer"
    yield f"  It starts from {percent(said.base_rate)}; 20 points double the odds."
    if not said.rules:
        yield "  It has no rules yet, so every lead gets that start."
    yield from (f"  {rule.points:+g} points when {wanted(agreement, rule)}." for rule in said.rules)


def wanted(agreement: Agreement, rule: Rule) -> str:
    return " and ".join(f"{name(agreement, key)} is {condition(said)}" for key, said in rule.when.items())


def condition(said: tuple[str, ...] | bool | Between) -> str:
    if isinstance(said, bool):
        return "yes" if said else "no"
    if isinstance(said, tuple):
        return " or ".join(said)
    ends = [f"at least {amount(said.at_least)}"] if said.at_least is not None else []
    return " and ".join(ends + ([f"below {amount(said.below)}"] if said.below is not None else []))


def privacy(agreement: Agreement) -> Iterator[str]:
    said = agreement.privacy
    if said == Privacy():
        return
    yield "What a lead's consent decides, and how long it is kept"
    if said.profiling_consent is not None:
        asked = name(agreement, said.profiling_consent)
        yield f"  Without a yes under {asked} no model scores a lead, only the scorecard."
    if said.mail_consent is not None:
        asked = name(agreement, said.mail_consent)
        yield f"  Without a yes under {asked} a lead is not nurtured by mail: a person looks"
        yield "  at it instead."
    if said.keep_days is not None:
        yield f"  A lead that sent nothing for {days(said.keep_days)} is erased."


def form(agreement: Agreement) -> Iterator[str]:
    fields = agreement.form.fields
    yield f"What the form asks: {len(fields)} {'field' if len(fields) == 1 else 'fields'}"
    width = max((len(key) for key in fields), default=0)
    yield from (f"  {key:<{width}}  {described(key, field)}" for key, field in fields.items())
    if any(field.personal for field in fields.values()):
        yield "  Personal fields stay in the ledger; the model sees only what is derived from them."


def described(key: str, field: Field) -> str:
    notes = [field.kind.replace("_", " ")]
    notes += [f"in {field.unit}"] if field.unit else []
    notes += ["personal"] if field.personal else []
    notes += ["required"] if field.required else []
    notes += [f"{len(field.levels)} known {'level' if len(field.levels) == 1 else 'levels'}"] if field.levels else []
    notes += [f"not given when {' or '.join(f'“{word}”' for word in field.unset)}"] if field.unset else []
    notes += [f"column “{field.column}”"] if field.column and field.column != key else []
    return ", ".join(notes)


def not_yet(agreement: Agreement) -> Iterator[str]:
    yield "What this Accord does not do yet"
    yield "  Leads for sales stand in one queue: people, their caps and what they take are not looked at. No lead is"
    yield "  routed by lot, and no call is weighed against what it costs."


def left_out(agreement: Agreement) -> Iterator[str]:
    known = agreement.form.known_after_contact
    if known:
        yield "What is left out, because it is known only after contact"
        yield from (f"  {key}: {why}" for key, why in known.items())


def history(agreement: Agreement) -> Iterator[str]:
    said = agreement.table
    if said.target is None:
        return
    yield "How a table of past leads says what happened"
    yield f"  A lead converted where “{said.target}” is {said.positive}."
    if said.arrived or said.order:
        yield f"  Leads came in the order of “{said.arrived or said.order}”."
    elif said.in_order:
        yield "  Its rows stand oldest first."
    else:
        yield "  Nothing tells in which order leads came, so a model cannot be tested on leads later than those it saw."
    if said.converted_at is not None:
        yield f"  When they converted stands in “{said.converted_at}”."


def name(agreement: Agreement, key: str) -> str:
    field = agreement.form.fields.get(key)
    return f"“{field.label}”" if field is not None and field.label else f"“{key}”"


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def amount(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,g}"
