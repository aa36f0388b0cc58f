"""A real `accord serve` in a process of its own, with the agreement's scorecard and no model."""

import io
import os
import subprocess
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from leads.refusal import Failure
from training.demo.answers import check_story, print_answers
from training.demo.place import environment
from training.demo.play import StepError, run
from training.demo.senders import Visitor
from training.demo.service import running_service

AGREEMENT = """
[goal]
within_days = 120
value = 3000
[form.fields.first_name]
kind = "person"
[form.fields.demo_requested]
kind = "flag"
[[scorecard.rules]]
points = 60
when = { demo_requested = true }
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "accord.toml").write_text(AGREEMENT)
    return tmp_path


def test_forms_are_answered_shown_and_found_in_the_ledger_and_the_service_is_stopped(place: Path) -> None:
    key = run(place, subprocess.PIPE, "keys", "create", "sk").strip()
    sent = [{"first_name": "Lena", "demo_requested": True}, {"first_name": "Ben", "demo_requested": False}]
    with running_service(place, environment(place)) as service:
        answers = [service.send(key, form) for form in sent]
        for answer in answers:
            check_story(service.story(key, answer["lead"]), answer)
        with pytest.raises(Failure, match="lacks the decision"):
            check_story(service.story(key, answers[0]["lead"]), answers[1])
        with pytest.raises(Failure, match="422"):
            service.send(key, {"surname": "Berger"})
    assert not alive(service.process.pid)
    shown = io.StringIO()
    with redirect_stdout(shown):
        print_answers([Visitor(str(form["first_name"]), form) for form in sent], answers)
    lines = shown.getvalue().splitlines()
    assert [line.split()[0] for line in lines if line[:1].isalpha()] == ["Who", "Lena", "Ben"]
    assert "sales" in shown.getvalue()
    assert "Demo requested" in shown.getvalue()
    with redirect_stdout(io.StringIO()) as drawn:
        print_answers([Visitor("Lena", sent[0])], [answers[0] | {"propensity": 0.01}])
        print_answers([Visitor("Ben", sent[1])], [answers[1] | {"propensity": 0.99}])
    assert drawn.getvalue().count("A coin chose this route") == 1


def test_a_service_that_cannot_start_says_why(place: Path) -> None:
    (place / "accord.toml").write_text("[goal]\nwithin_dais = 120\n")
    with pytest.raises(Failure, match=r"within_dais"), running_service(place, environment(place)):
        pass


def test_a_step_that_fails_passes_on_its_exit_code_and_has_said_why_itself(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StepError) as caught:
        run(place, None, "keys", "revoke", "sk_nobody")
    assert caught.value.code == 2
    said = capfd.readouterr().err
    assert said.startswith("accord: ")
    assert "Traceback" not in said
