"""What a demo shows of the service's answers, and the check that the ledger tells the same."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from leads.refusal import Failure
from training.demo.senders import Visitor

PLAIN_WIDTH = 120  # where no terminal tells its width
COLUMNS = {"Who": 24, "Probability": 11, "Band": 4, "Route": 10, "Owner": 12, "Respond by": 10}
REASONS = 3
BY_LOT = "A coin chose this route against the score: of a few leads, so that what a call changes can be measured."
STYLES = {"sales": "bold green", "nurture": "cyan", "review": "yellow", "quarantine": "red"}

Answer = Mapping[str, Any]


def check_story(story: Mapping[str, Any], answer: Answer) -> None:
    """The story says more of each decision than its answer did: when it was made, and why."""
    if not any({key: told.get(key) for key in answer} == answer for told in story["decisions"]):
        lead, decision = answer["lead"], answer["decision"]
        raise Failure(f"The ledger's story of {lead} lacks the decision {decision} as it was answered.")


def print_answers(visitors: Sequence[Visitor], answers: Sequence[Answer]) -> None:
    """Two lines a lead, who and why, the likeliest to convert first; they fit into 80 columns."""
    terminal = Console(highlight=False)
    console = terminal if terminal.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)
    console.print(line([Text(title, "bold") for title in COLUMNS]))
    named = [(visitor.name, answer) for visitor, answer in zip(visitors, answers, strict=True)]
    for name, answer in sorted(named, key=lambda pair: -pair[1]["probability"]):
        console.print(line(cells(name, answer)))
        told = [", ".join(reason(each) for each in answer["reasons"][:REASONS])]
        for words in [*told, *([BY_LOT] if by_lot(answer) else [])]:
            console.print(Padding(Text(words, "dim"), (0, 0, 0, 2), expand=False))


def by_lot(answer: Answer) -> bool:
    """Whether the route is the other one than the policy's: only the lot takes what is as unlikely as that."""
    return answer["propensity"] is not None and answer["propensity"] < 0.5


def line(texts: Sequence[Text]) -> Table:
    table = Table.grid(padding=(0, 1))
    for width in COLUMNS.values():
        table.add_column(width=width, no_wrap=True, overflow="ellipsis")
    table.add_row(*texts)
    return table


def cells(name: str, answer: Answer) -> list[Text]:
    return [
        Text(name),
        Text(f"{answer['probability']:.1%}"),
        Text(answer["band"]),
        Text(answer["route"], STYLES.get(answer["route"], "")),
        Text(answer["owner"] or ""),
        Text(due(answer["respond_by"])),
    ]


def reason(told: Mapping[str, Any]) -> str:
    """With its sign: + speaks for a conversion, − against."""
    return f"{'+' if told['effect'] > 0 else '−'} {told['text']}"


def due(moment: str | None) -> str:
    return datetime.fromisoformat(moment).strftime("%a %H:%M") if moment else ""
