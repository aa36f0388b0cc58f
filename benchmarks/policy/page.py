"""The page `docs/policy.md`, made of the kept results and nothing else."""

from collections.abc import Callable, Sequence
from typing import Any

Part = dict[str, Any]
Found = dict[str, Any]
WIDTH = 40

INTRODUCTION = """\
# What calling by index earns, and how the price fills sales' days

Written by `python -m benchmarks.policy --long` from `benchmarks/results/policy.json`; do not edit by hand.

Both parts play in the simulated company, whose truth is known: they show what the rules make of what they are told, not
how well a model tells it. Intervals are 95 % (Student's) over seeds, those of a difference paired by seed, since all
rules meet the same leads. A target is met when the whole interval is on its good side.
"""
ORDER = """\
## In which order people call

{people} people call for {days} working days of eight hours; leads arrive at random (Poisson), and a call is worth less
the longer its lead has waited, how fast differs from lead to lead, and no rule knows that. *Load* is the work that
arrives by the work that people can do. The figures are what a rule earns by what nobody could exceed: the best choice
of calls if no lead ever waited.

*Probability* is that of converting as the company's past tells it, in which sales called {called:.0%} of all leads;
*probability if called* is p_sales. *Index* knows p_sales − p_nurture and the pooled decay curve; *by probability* it
stands with the probability in its place, as it does while no model knows both. *From the price upwards* calls nobody
whose index at arrival is below the price that the {window} days before gave. *Without* says what the index was not
told: it took all leads to have the same value, the same minutes, or never a wait. With *noisy scores* the error of what
is known of a probability or a gain is one standard deviation of its own.
"""
UTILISATION = """\
## How the price fills sales' days

{window} days of history, {steady_weeks} weeks under the load, then {shock:.0%} more leads from one day to the next.
Each midnight the price is made of the last {window} days and the queue, and sends each lead to sales or not, but for a
guard slice of {guard_slice:.0%}. People work from Monday to Friday and begin with an empty queue; leads arrive on every
day. The figures are minutes routed to sales by minutes that sales can work; the first weeks are above, since they fill
the queue. *Few kinds of leads*: all have one value and take the same minutes, and their odds differ by doublings, as
with a scorecard and no field for the value; a price calls all leads of a kind or none of them.
"""


def page(parts: Sequence[Part]) -> str:
    sections = [section for part in parts for section in (*SECTIONS[part["part"]](part), _made(part))]
    reached = f"## What it should reach\n\n{verdicts(parts)}"
    return "\n\n".join([INTRODUCTION.rstrip(), reached, *sections]) + "\n"


def verdicts(parts: Sequence[Part]) -> str:
    rows = [(one["what"], _wanted(one), _interval(one), _verdict(one)) for part in parts for one in part["targets"]]
    return _table(("what", "target", "measured", ""), rows)


def _wanted(target: Found) -> str:
    return ", ".join(f"{word} {target[word]:g}" for word in ("above", "below") if target[word] is not None)


def _verdict(target: Found) -> str:
    return "met" if target["met"] else f"**missed** by {target['missed_by']:.3f}"


def _interval(found: Found) -> str:
    return f"{found['mean']:.3f} ({found['low']:.3f} to {found['high']:.3f})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _order(part: Part) -> list[str]:
    cells: list[Found] = part["cells"]
    rows = [(rule, *(_interval(cell["shares"][rule]) for cell in cells)) for rule in cells[0]["shares"]]
    bars = _plot([(cell["name"], list(cell["shares"].items())) for cell in cells], _bar)
    return [ORDER.format(**part["sizes"]).rstrip(), _table(("rule", *_names(cells)), rows), bars]


def _utilisation(part: Part) -> list[str]:
    cells: list[Found] = part["cells"]
    rows = [(name, *(_interval(cell["weeks"][name]) for cell in cells)) for name in cells[0]["weeks"]]
    rows += [(name, *(_interval(cell["means"][name]) for cell in cells)) for name in cells[0]["means"]]
    fewest = ("leads routed a week, at least", *(f"{cell['fewest']:.0f}" for cell in cells))
    course = _plot([(cell["name"], list(cell["weeks"].items())) for cell in cells], _mark)
    told = UTILISATION.format(**part["sizes"]).rstrip()
    scale = f"From {0.5:.0%} of capacity on the left to {1.5:.0%} on the right:"
    return [told, _table(("week", *_names(cells)), [*rows, fewest]), scale, course]


def _names(cells: Sequence[Found]) -> list[str]:
    return [cell["name"] for cell in cells]


SECTIONS: dict[str, Callable[[Part], list[str]]] = {"order": _order, "utilisation": _utilisation}


def _plot(blocks: Sequence[tuple[str, Sequence[tuple[str, Found]]]], drawn: Callable[[float], str]) -> str:
    wide = max(len(name) for _, rows in blocks for name, _ in rows)
    texts = [
        "\n".join([title, *(f"  {name:<{wide}}  {drawn(found['mean'])} {found['mean']:.3f}" for name, found in rows)])
        for title, rows in blocks
    ]
    return "```text\n" + "\n\n".join(texts) + "\n```"


def _bar(share: float) -> str:
    full = min(WIDTH, max(0, round(WIDTH * share)))
    return "█" * full + "·" * (WIDTH - full)


def _mark(utilisation: float) -> str:
    line = ["·"] * (WIDTH + 1)
    line[WIDTH // 2] = "|"
    line[min(WIDTH, max(0, round(WIDTH * (utilisation - 0.5))))] = "█"
    return "".join(line)


def _made(part: Part) -> str:
    facts = part["made"]
    commit = (facts["commit"] or "none")[:12] + (" with uncommitted changes" if facts["uncommitted_changes"] else "")
    versions = ", ".join(f"{package} {found}" for package, found in facts["versions"].items() if found)
    form = f"{part['form'].capitalize()} form, {part['seeds']} seeds from {facts['seed']} on, {part['seconds']:.0f} s"
    return f"{form}. Commit {commit}, {facts['at'][:10]}, Python {facts['python']}, {facts['machine']}; {versions}."
