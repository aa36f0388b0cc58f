"""The page `docs/reliability.md`, made of the kept results and nothing else."""

from collections.abc import Sequence
from typing import Any

Part = dict[str, Any]
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

INTRODUCTION = """\
# What Accord withstands

Written by `python -m benchmarks.reliability --long` from `benchmarks/results/reliability.json`; do not edit by hand.

Each part does something bad to a real service, worker or process and then counts what came of it;
`python -m benchmarks.reliability --help` tells what each one tries. A short form of each runs among the tests. Times
hold for the machine named below and no other; counts hold anywhere. A *control* leaves a protection out and must fail:
it shows that the measurement can see the fault.
"""


def page(parts: Sequence[Part]) -> str:
    return "\n\n".join([INTRODUCTION.rstrip(), table(parts), *(figures(part) for part in parts), made(parts)]) + "\n"


def table(parts: Sequence[Part]) -> str:
    head = "| part | what | target | measured | |\n|---|---|---:|---:|---|"
    return "\n".join([head, *(line for part in parts for line in lines(part))])


def lines(part: Part) -> list[str]:
    if "not_run" in part:
        return [f"| {name(part)} | not run: {part['not_run'].replace('|', '/')} | | | |"]
    return [
        f"| {name(part)} | {target['what']} | {wanted(target)} | {amount(target, 'measured')} | {verdict(target)} |"
        for target in part["targets"]
    ]


def name(part: Part) -> str:
    return f"{part['part']}, {DATABASES[part['database']]}" if part["several_databases"] else str(part["part"])


def wanted(target: dict[str, Any]) -> str:
    bound = "" if target["bound"] == "exactly" else f"{target['bound']} "
    return bound + amount(target, "limit")


def amount(target: dict[str, Any], which: str) -> str:
    return f"{target[which]:,g} {target['unit']}".strip() if target[which] < 1e6 else f"{target[which]:,.0f}"


def verdict(target: dict[str, Any]) -> str:
    return "met" if target["met"] else f"**missed** by {amount(target, 'missed_by')}"


def figures(part: Part) -> str:
    if "not_run" in part:
        return f"## {name(part)}\n\nNot run: {part['not_run']}"
    told = [f"- {key.replace('_', ' ')}: {_told(value)}" for key, value in part["figures"].items()]
    sizes = ", ".join(f"{key.replace('_', ' ')} {_told(value)}" for key, value in part["sizes"].items())
    about = f"{part['form'].capitalize()} form in {part['seconds']:g} s, seed {part['seed']}: {sizes}."
    return "\n\n".join([f"## {name(part)}", about, "\n".join(told)]).rstrip()


def made(parts: Sequence[Part]) -> str:
    seen = list(dict.fromkeys(_made(part) for part in parts))
    return "## Measured on\n\n" + "\n".join(f"- {line}" for line in seen)


def _made(part: Part) -> str:
    facts = part["made"]
    commit = (facts["commit"] or "none")[:12] + (" with uncommitted changes" if facts["uncommitted_changes"] else "")
    versions = ", ".join(f"{package} {found}" for package, found in facts["versions"].items() if found)
    return (
        f"Commit {commit}, {facts['at'][:10]}, Python {facts['python']}, {facts['machine']}, "
        f"{facts['machine_cores']} cores; {versions}."
    )


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_told(one)}" for key, one in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_told, value)) or "none"
    return f"{value:,}" if isinstance(value, int | float) else str(value)
