"""One demo from end to end: a table, its agreement, a model, a running service, and forms that it answers."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from leads.agreement import Agreement, read_agreement
from leads.refusal import Failure
from training.demo.answers import Answer, check_story, print_answers
from training.demo.learning import learn_by_gates
from training.demo.place import demo_place, environment
from training.demo.senders import WEEK_LEADS, Visitor, coming_week, newest_rows, simulated_company, visitors
from training.demo.service import RunningAccord, running_service
from training.demo.team import SILENT, hire

# The columns that only someone of the company can know to be written later; init finds the others by itself.
SIMULATED = (
    *("--target", "converted", "--arrived", "created_at", "--converted-at", "won_date"),
    *("--leave-out", "routed_to_sales", "--leave-out", "calls_logged"),
)
STDERR = 2
WEEK_FILE = "week.csv"
HOW_TO_REHEARSE = (
    "To see who would get such leads, and what happens when nobody answers, name your people under [[sales.people]] "
    "in the agreement and play a table of leads with `accord rehearse FILE`."
)

WHY_NO_RETRAINING = (
    "No retraining is shown with your table: {because}. `accord demo` without a table shows one that is promoted and "
    "one that is refused."
)
UNTIMED = (
    "what was learned is judged by newer leads whose time to convert is over, and the table does not say when its "
    "leads came (--arrived COLUMN, and --converted-at COLUMN for the conversions)"
)
TAUGHT = "the model has learned from all of it, so that no newer leads are left to judge by"


class StepError(Exception):
    """A step did not succeed and has said why itself; its exit code is to be passed on."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def play(folder: Path, file: Path | None, said: Sequence[str], budget: float, *, once: bool, as_json: bool) -> None:
    """`said`: the options for `accord init` where `file` is the user's own table."""
    console = Console(stderr=as_json, highlight=False, markup=False, soft_wrap=True)
    with demo_place(folder, file) as place:
        agreement, rows, retrainings = learn(place, file, said, budget, console)
        key = run(place, subprocess.PIPE, "keys", "create", "sk").strip()
        console.print("Starting the service.")
        with running_service(place, environment(place)) as service:
            answers = exchange(service, key, visitors(rows, agreement), console)
            week = None if file is not None else play_week(place, console)
            if console.stderr:
                told = {"url": service.url, "decisions": answers, "week": week, "retrainings": retrainings}
                print(json.dumps(told, ensure_ascii=False), flush=True)
            if file is not None:
                console.print("These leads are rows of your table, so the model had learned from them too.")
                console.print(WHY_NO_RETRAINING.format(because=UNTIMED if agreement.table.arrived is None else TAUGHT))
                console.print(HOW_TO_REHEARSE)
            tell_next(None if once else service, place, console)
            if not once:
                console.print("The service answers until you press Ctrl-C.")
                serve_until_interrupted(service)


def learn(
    place: Path, file: Path | None, said: Sequence[str], budget: float, console: Console
) -> tuple[Agreement, pd.DataFrame, list[dict[str, Any]]]:
    """From the table to a champion; returns the agreement, the rows to send as forms, and the retrainings."""
    table, news, agreed = file or place / "history.csv", None, place / "accord.toml"
    shown = STDERR if console.stderr else None
    if file is None:
        console.print(f"Simulating a company: a year of leads, as its CRM would export them, in {table}.")
        news = simulated_company(table)
        said = SIMULATED
    console.print(f"Writing the agreement {agreed} from the table.")
    run(place, shown, "init", str(table), *said, "-o", str(agreed))
    if news is not None:
        console.print(
            "Naming the sales team in the agreement, who takes which leads, and the points that answer at first."
        )
        hire(agreed)
        retrainings = learn_by_gates(place, table, budget, run, console)
        return read_agreement(agreed), news, retrainings
    console.print(f"Learning from the table, with up to {budget:g} seconds of search.")
    run(place, shown, "train", str(table), "--budget", f"{budget:g}")
    agreement = read_agreement(agreed)
    return agreement, newest_rows(table, agreement), []


def run(place: Path, stdout: int | None, *words: str) -> str:
    """One `accord` command in a process of its own; with subprocess.PIPE, what it prints is returned."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "accord", *words]
    # our own words, no shell
    done = subprocess.run(command, env=environment(place), stdout=stdout, text=True, check=False)  # noqa: S603
    if done.returncode < 0:
        raise Failure(f"`accord {words[0]}` was ended by signal {-done.returncode}.")
    if done.returncode:
        raise StepError(done.returncode)
    return done.stdout or ""


def exchange(service: RunningAccord, key: str, sent: Sequence[Visitor], console: Console) -> list[Answer]:
    """Sends the forms, shows the decisions, and reads each lead's story back."""
    console.print(f"Sending {len(sent)} forms to {service.url}/v1/leads.\n")
    answers: list[Answer] = [service.send(key, visitor.form) for visitor in sent]
    if not console.stderr:
        print_answers(sent, answers)
    for answer in answers:
        check_story(service.story(key, answer["lead"]), answer)
    console.print(
        f"\nThe ledger tells the story of all {len(answers)} leads, each with the decision it was answered with."
    )
    return answers


def play_week(place: Path, console: Console) -> dict[str, Any] | None:
    """Next week, as `accord rehearse` plays it; its figures where one JSON object is to be printed."""
    coming_week(place / WEEK_FILE)
    console.print(f"\nRehearsing next week: {WEEK_LEADS} more leads, and {SILENT} answers none of his.", style="bold")
    console.print(
        "The people, their answers and the time are played; all else is what serves, on a copy of the ledger."
    )
    words = ("rehearse", str(place / WEEK_FILE), "--silent", SILENT, "--story")
    if console.stderr:
        found: dict[str, Any] = json.loads(run(place, subprocess.PIPE, *words, "--json"))
        return found
    console.print()
    run(place, None, *words)
    return None


def tell_next(service: RunningAccord | None, place: Path, console: Console) -> None:
    """`service` is None where it ends with the demo."""
    console.print("\nWhat to open next (where `accord` is not found, ./run does the same)", style="bold")
    if service is not None:
        console.print(f"  API reference   {service.url}/")
    console.print(f"  experiments     ACCORD_HOME={place} accord mlflow")
    console.print(f"  both teams      ACCORD_HOME={place} accord report: what each owed the other, and what happened")
    console.print(f"  the scores      ACCORD_HOME={place} accord evaluate: what they promised, and what came")
    console.print(f"  the agreement   {place / 'accord.toml'}")
    if (place / WEEK_FILE).exists():
        again = f"accord rehearse {place / WEEK_FILE} --agreement {place / 'accord.toml'} --silent {SILENT}"
        console.print(f"  the week again, once the agreement is changed\n    ACCORD_HOME={place} {again}")


def serve_until_interrupted(service: RunningAccord) -> None:
    try:
        service.wait()
    except KeyboardInterrupt:
        return
