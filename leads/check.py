"""The agreement in plain words, for the people who sign it."""

from collections.abc import Iterator, Mapping, Sequence

from leads.conditions import amount, condition_words
from leads.counted import counted
from leads.fields import Field
from leads.sections import Agreement, Condition, FieldValue, Person, Privacy, RoutingRule, Sales, SalesReason


def explain(agreement: Agreement) -> list[str]:
    """Lines to print; a line without indentation begins a part."""
    promised = (goal, sales, reasons, people, marketing, engagements, routing, rules, scorecard, privacy)
    return [line for part in (*promised, form, left_out, history, others) for line in part(agreement)]


def goal(agreement: Agreement) -> Iterator[str]:
    said = agreement.goal
    yield "The goal"
    yield f"  A lead counts when it is “{said.conversion}” within {days(said.within_days)} of the decision."
    if isinstance(said.value, FieldValue):
        empty = "otherwise its band alone counts"
        if said.value.otherwise is not None:
            empty = f"otherwise {amount(said.value.otherwise)}"
        yield f"  What one is worth is what the lead writes under {name(agreement, said.value.field)}; {empty}."
    else:
        yield f"  One is worth {amount(said.value)}."
    if said.per_month is not None:
        yield f"  Together both teams want {said.per_month:,} of them a month."


def sales(agreement: Agreement) -> Iterator[str]:
    said = agreement.sales
    closed = f", closed on the holidays of {said.holidays}" if said.holidays else ""
    yield "What sales promises"
    yield f"  A first answer within {said.first_response_minutes} working minutes; after two thirds of them a reminder."
    yield f"  A lead that nobody has answered by then {onward(said)}."
    yield f"  Working hours are {said.hours} ({said.timezone}){closed}."
    yield f"  A lead takes {minutes(agreement)}, and a minute costs {amount(said.minute_cost)}."
    yield "  A call that is expected to earn less than its minutes cost is not worth making."
    yield f"  {fading(said)}"
    if said.mail is not None:
        own = "; who has an address below gets their own leads there" if any(one.mail for one in said.people) else ""
        yield f"  Each lead for sales, or for a person to look at, is mailed to {said.mail}{own}."


def reasons(agreement: Agreement) -> Iterator[str]:
    yield "Why sales may give a lead back, or lose it"
    for key, reason in agreement.sales.reasons.items():
        silent = "" if reason.label else "; nothing is learned from it"
        yield f"  “{key}”: {after(reason)}{silent}."


def after(reason: SalesReason) -> str:
    """What becomes of a lead that is rejected for it."""
    if reason.then == "again":
        back = f"comes back to sales after {days(reason.after_days or 0)}, to somebody else"
        return f"a rejected lead {back}; marketing nurtures it until then"
    return "marketing nurtures a rejected lead" if reason.then == "nurture" else "a rejected lead has ended"


def onward(said: Sales) -> str:
    last = f"goes to “{said.lead}”" if said.lead is not None else "stays where it is, and that is told"
    if not said.reassignments:
        return last
    times = "once" if said.reassignments == 1 else f"{said.reassignments} times at most"
    return f"goes on to another person, {times}; then it {last}"


def minutes(agreement: Agreement) -> str:
    said = agreement.sales.minutes_per_lead
    if not isinstance(said, FieldValue):
        return f"{amount(said)} minutes"
    return f"the minutes under {name(agreement, said.field)}, otherwise {amount(said.otherwise or 0)}"


def fading(said: Sales) -> str:
    decay = said.decay
    quick = f"{percent(decay.quick)} of its effect over about {amount(decay.quick_minutes)} minutes"
    slow = f"{percent(1 - decay.floor - decay.quick)} over about {amount(decay.slow_minutes)}"
    return f"A call that waits loses {quick} and {slow}; {percent(decay.floor)} stays."


def people(agreement: Agreement) -> Iterator[str]:
    team = agreement.sales.people
    yield "Who they are"
    if not team:
        yield "  No people are named, so leads stand in the queue “sales”."
        return
    yield from (f"  {taker(agreement, person)}" for person in team)
    yield "  A lead goes to somebody who is there then: in their hours, on no leave, below their limit, not paused."
    yield "  What nobody can take waits in the queue; what is worth most a minute leaves it first."
    yield "  Who lets three leads in a row pass without an answer is paused until `accord people resume`."


def taker(agreement: Agreement, person: Person) -> str:
    many = "leads without a daily limit"
    if person.daily_cap is not None:
        many = f"at most {counted(person.daily_cap, 'lead')} a day"
    takes = "; ".join(f"{name(agreement, key)}: {', '.join(levels)}" for key, levels in person.takes.items())
    only = f", only {takes}" if takes else ""
    own = [f", works {person.hours}"] if person.hours else []
    own += [f", by the clock of {person.timezone}"] if person.timezone else []
    own += [f", free on the holidays of {person.holidays}"] if person.holidays else []
    own += [f", mail to {person.mail}"] if person.mail else []
    return f"“{person.name}” takes {many}, weight {amount(person.weight)}{only}{''.join(own)}."


def marketing(agreement: Agreement) -> Iterator[str]:
    said = agreement.marketing
    yield "What marketing promises"
    if said.qualified_leads_per_month is not None:
        yield f"  {said.qualified_leads_per_month:,} qualified leads a month."
    yield f"  A lead that sales gives back is nurtured for {days(said.recycle_after_days)} before sales sees it again."
    if said.mail is not None:
        yield f"  Each lead to nurture is mailed to {said.mail}."
    for place, (track, of) in enumerate(said.tracks.items()):
        asked = [wanted(agreement, of.when)] if of.when else []
        asked += [f"the band is {' or '.join(of.bands)}"] if of.bands else []
        yield f"  {'Else track' if place else 'Track'} “{track}” when {' and '.join(asked) or 'anything else'}."
    if said.tracks:
        yield "  What fits none of them is on the track “nurture”."


def engagements(agreement: Agreement) -> Iterator[str]:
    said = agreement.marketing.engagements.values()
    yield "What a lead does after its form, and how much likelier that makes it"
    for kind in said:
        if kind.points:
            yield f"  {kind.label}: {kind.points:+g} points, half of them {within(kind.half_life_days)} later."
    silent = [kind.label for kind in said if not kind.points]
    if silent:
        yield f"  No points: {', '.join(silent)}."
    yield "  Five of a kind at most count. What a mail scanner opens or clicks counts nothing."
    yield "  Who unsubscribes is no longer nurtured by mail."


def routing(agreement: Agreement) -> Iterator[str]:
    bands, start = agreement.routing.bands, agreement.routing.sales_from
    yield "Who takes the reins"
    bounds = [percent(bands[band]) for band in ("A", "B", "C")]
    yield f"  A from {bounds[0]} likely to convert, B from {bounds[1]}, C from {bounds[2]}, D below."
    some = "Every lead goes to sales" if start == "D" else f"Leads in band {start} or better go to sales"
    rest = "" if start == "D" else ", the rest to marketing"
    if agreement.sales.people:
        yield "  Each day a minute of sales gets a price: what it must earn, so that the minutes that people have go"
        yield "  where they earn most. A lead that is expected to earn it goes to sales, the rest to marketing."
        yield "  There is no price before leads of 28 days are known. Until then:"
    yield f"  {some}{rest}."
    yield from otherwise(agreement)


def otherwise(agreement: Agreement) -> Iterator[str]:
    said = agreement.routing
    if said.review_share:
        yield f"  {percent(said.review_share)} of the leads are looked at by a person: those where that is worth most."
    if said.guard_slice:
        share = percent(said.guard_slice)
        yield f"  For {share} of the leads a coin decides, so that we keep learning what a call changes."
    else:
        yield "  No lead is decided by lot, so what a call changes cannot be measured."


def rules(agreement: Agreement) -> Iterator[str]:
    """Whom the rotation chooses from."""
    if not agreement.sales.people:
        return
    yield "Who gets a lead of sales"
    yield "  Whoever had this person last, or somebody of their company, if they can take it."
    if agreement.routing.rules:
        yield "  Else one of those whom the first of these rules that fits names:"
        yield from branch(agreement, agreement.routing.rules, "", ())
    yield "  Whose turn it is goes round by weight."


def branch(agreement: Agreement, said: Sequence[RoutingRule], within: str, around: Sequence[str]) -> Iterator[str]:
    for number, rule in enumerate(said, 1):
        place, to = f"{within}{number}", rule.to or around
        whom = ", ".join(f"“{name}”" for name in to) or "everybody"
        yield f"  {'  ' * place.count('.')}  {place}. {wanted(agreement, rule.when) or 'everything else'}: {whom}"
        yield from branch(agreement, rule.rules, f"{place}.", to)


def scorecard(agreement: Agreement) -> Iterator[str]:
    said = agreement.scorecard
    yield "The scorecard, before a model exists and whenever it cannot answer"
    yield f"  It starts from {percent(said.base_rate)}; 20 points double the odds."
    if not said.rules:
        yield "  It has no rules yet, so every lead gets that start."
    yield from (f"  {rule.points:+g} points when {wanted(agreement, rule.when)}." for rule in said.rules)


def wanted(agreement: Agreement, when: Mapping[str, Condition]) -> str:
    return " and ".join(f"{name(agreement, key)} is {condition_words(said)}" for key, said in when.items())


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
    yield f"What the form asks: {counted(len(fields), 'field')}"
    width = max((len(key) for key in fields), default=0)
    yield from (f"  {key:<{width}}  {described(key, field)}" for key, field in fields.items())
    if any(field.personal for field in fields.values()):
        yield "  Personal fields stay in the ledger; the model sees only what is derived from them."


def described(key: str, field: Field) -> str:
    notes = [field.kind.replace("_", " ")]
    notes += [f"in {field.unit}"] if field.unit else []
    notes += ["personal"] if field.personal else []
    notes += ["required"] if field.required else []
    notes += [f"{counted(len(field.levels), 'known level')}"] if field.levels else []
    notes += [f"not given when {' or '.join(f'“{word}”' for word in field.unset)}"] if field.unset else []
    notes += [f"column “{field.column}”"] if field.column and field.column != key else []
    return ", ".join(notes)


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


def others(agreement: Agreement) -> Iterator[str]:
    if agreement.imports:
        yield "How tables of other tools are read"
    for tool, said in agreement.imports.items():
        for one in said.outcomes:
            when = f"“{one.column}” says {' or '.join(one.says)}" if one.column is not None else f"“{one.at}” is filled"
            yield f"  “{tool}”: {one.type} where {when}."
        if not said.outcomes:
            yield f"  “{tool}” has columns of its own."


def name(agreement: Agreement, key: str) -> str:
    field = agreement.form.fields.get(key)
    return f"“{field.label}”" if field is not None and field.label else f"“{key}”"


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def within(half_life: float) -> str:
    return "1 day" if half_life == 1 else f"{half_life:g} days"


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"
