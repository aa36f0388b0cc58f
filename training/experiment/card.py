"""The model card: one page of Markdown that says what a bundle is, what it learned from and what it must not be used
for. It names fields and numbers, never a value a lead has sent."""

from collections.abc import Iterable, Mapping, Sequence

from leads.agreement import Agreement
from training.record import TrainingRecord

# name in the metrics -> how the table heads it and how many digits mean something
COLUMNS: Mapping[str, tuple[str, int]] = {
    "log_loss": ("log loss", 4),
    "brier": ("Brier", 4),
    "roc_auc": ("ROC AUC", 3),
    "pr_auc": ("PR AUC", 3),
    "ece": ("ECE", 3),
    "lift_at_10pct": ("lift at 10 %", 2),
    "precision_at_capacity": ("precision at capacity", 3),
    "fit_seconds": ("fit seconds", 1),
}
JUDGED_BY = "Lower is better for log loss, Brier and ECE; higher for the rest. The choice was made by log loss alone."


def model_card(record: TrainingRecord, agreement: Agreement) -> str:
    parts = [
        _what_it_is(record, agreement),
        _data(record, agreement),
        _judged(record),
        _newest(record),
        _reasons(record),
        _limits(record, agreement),
        _privacy(agreement),
    ]
    return "\n\n".join(parts) + "\n"


def _what_it_is(record: TrainingRecord, agreement: Agreement) -> str:
    goal = agreement.goal
    waits = f"no, it waits as challenger: `accord promote {record.number}`"
    serves = "yes, it became champion when it was trained" if record.promoted else waits
    return f"""# conversion, bundle {record.number}

Gives each inbound lead the probability that it becomes **{goal.conversion}** within **{goal.within_days} days** of the
decision, and the reasons as contributions in log-odds that add up to the score.

| | |
| --- | --- |
| what scores | {record.winner} |
| why this one | {record.why} |
| serves | {serves} |
| trained | {record.started_at:%Y-%m-%d %H:%M %Z} |
| bundle's SHA-256 | `{record.bundle_sha256}` |
| agreement's digest | `{record.agreement_digest}` |

Made for ranking and routing inbound leads between sales and nurture. Not made for decisions about a person's credit,
employment, housing, insurance or health, and not for leads that did not come through this form."""


def _data(record: TrainingRecord, agreement: Agreement) -> str:
    rows = record.rows
    lines = [
        f"- Table `{record.table_name}`: {rows.get('fit', 0):,} rows to fit, {rows.get('judge', 0):,} rows judged, the"
        f" newest {rows.get('newest', 0):,} held back and reported once.",
        f"- Of the judged rows {100 * record.labels.mean():.1f} % converted" + _newest_rate(record) + ".",
        f"- {len(agreement.form.fields)} fields asked: {_listed(agreement.form.fields)}.",
    ]
    if late := agreement.form.known_after_contact:
        lines.append(f"- Left out since they are known only after contact: {_listed(late)}.")
    if record.ignored_columns:
        lines.append(f"- Columns of the table that the form does not ask: {_listed(record.ignored_columns)}.")
    return "## Data\n\n" + "\n".join(lines)


def _judged(record: TrainingRecord) -> str:
    shown = [name for name in COLUMNS if any(name in one.metrics for one in record.candidates)]
    rows = [
        [f"**{one.name}**" if one.name == record.winner else one.name, *(_number(one.metrics, name) for name in shown)]
        for one in sorted(record.candidates, key=lambda one: one.metrics.get("log_loss", float("inf")))
    ]
    table = _table(["candidate", *(COLUMNS[name][0] for name in shown)], rows)
    return f"## How it was judged\n\n{record.protocol}\n\n{table}\n\n{JUDGED_BY}"


def _newest(record: TrainingRecord) -> str:
    shown = [name for name in COLUMNS if name in record.newest_metrics and name != "fit_seconds"]
    if not shown:
        return "## The last rows\n\nNo rows were held back: the table is too small."
    table = _table([COLUMNS[name][0] for name in shown], [[_number(record.newest_metrics, name) for name in shown]])
    count = record.rows.get("newest", len(record.newest_labels))
    told = f"The last {count:,} rows chose nothing. Where the rows stand in time, they say what to expect next."
    return f"## The last rows\n\n{told}\n\n{table}"


def _reasons(record: TrainingRecord) -> str:
    ranked = sorted(record.reasons_overview.items(), key=lambda item: -item[1])
    if not ranked:
        return "## What moves the score\n\nNothing: every lead gets the same probability."
    head = ["field", "mean absolute contribution, log-odds"]
    table = _table(head, [[name, f"{effect:.3f}"] for name, effect in ranked])
    return f"## What moves the score\n\n{table}"


def _limits(record: TrainingRecord, agreement: Agreement) -> str:
    positives = int(record.labels.sum())
    few = (
        f"\n- Only {positives} conversions were judged: differences between the candidates may be chance."
        if positives < 100
        else ""
    )
    young = (
        f"Leads younger than {agreement.goal.within_days} days had not had their time to convert and are no negatives; "
        "where the table tells when leads converted, they teach by how much of that time has passed."
        if agreement.table.arrived
        else "The table tells no arrival times: leads too young to have converted yet may stand in it as negatives."
    )
    return f"""## Limits

- The probability means "as leads were handled in the past". Who was called was not drawn by lot, so it does not tell
  what a call causes.
- A contribution says what moved this score, not what would make the lead convert.
- {young}
- A source, campaign or market that was not in the table is scored from what is known of the other fields.{few}"""


def _privacy(agreement: Agreement) -> str:
    personal = [key for key, field in agreement.form.fields.items() if field.personal]
    named = f" Personal fields of this form: {_listed(personal)}." if personal else ""
    return f"""## Privacy

Names, e-mail addresses, phone numbers and messages are not features and stand in no file of this run; only what is
derived from them is (for example whether an address is a free-mail one). Levels seen fewer than 20 times are pooled and
not stored.{named}"""


def _newest_rate(record: TrainingRecord) -> str:
    return f", of the newest {100 * record.newest_labels.mean():.1f} %" if len(record.newest_labels) else ""


def _number(metrics: Mapping[str, float], name: str) -> str:
    return f"{metrics[name]:.{COLUMNS[name][1]}f}" if name in metrics else "–"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
