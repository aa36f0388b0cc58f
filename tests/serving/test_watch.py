"""The log and the metrics of a running service, and that neither can hold what a lead wrote."""

import ast
import io
import json
import logging
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from leads.ledger import champion, create_key, open_ledger, promote, save_bundle
from serving.problems import KINDS
from serving.watch import logs, state
from serving.watch.logs import FIELDS, log_to, logger
from tests.serving.conftest import AGREEMENT, Service, start, stop

SERVING = Path(__file__).parents[2] / "serving"
SECRET_WORD = "Canary-Person"
SENT = {"endpoint": "/v1/leads", "method": "POST", "status": "201"}
FORM = {"email": "jane@example.com", "name": SECRET_WORD, "country": "DE"}


def lines(service: Any) -> list[dict[str, Any]]:
    """Every line of the process's stderr must be an object."""
    return [json.loads(line) for line in (service.home / "stderr").read_text().splitlines()]


def line_of(service: Any, request: str) -> dict[str, Any]:
    until = time.monotonic() + 5
    while True:
        found = [line for line in lines(service) if line.get("request") == request and line["event"] == "request"]
        if found or time.monotonic() > until:
            assert len(found) == 1, found
            return found[0]
        time.sleep(0.01)


def metrics(service: Any, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = service.call("GET", "/metrics", headers=headers).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    return found.get((f"accord_{name}", frozenset(labels.items())), 0.0)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What this process logs, as `serve` would write it."""
    root, kept = logging.getLogger(), (logging.getLogger().handlers[:], logging.getLogger().level)
    hook, raising, stream = sys.unraisablehook, logging.raiseExceptions, io.StringIO()
    log_to(stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:], sys.unraisablehook, logging.raiseExceptions = kept[0], hook, raising
    root.setLevel(kept[1])


def test_every_request_has_one_line_with_what_became_of_it(service: Any) -> None:
    answer = service.send(FORM)
    line = line_of(service, answer.headers["Request-Id"])
    assert {name: line[name] for name in ("method", "endpoint", "status", "code", "replayed", "level")} == {
        "method": "POST",
        "endpoint": "/v1/leads",
        "status": 201,
        "code": None,
        "replayed": False,
        "level": "info",
    }
    assert (line["lead"], line["decision"]) == (answer.json()["lead"], answer.json()["decision"])
    assert line["key"] == service.secret[:11]
    assert line["milliseconds"] > 0
    assert line["time"].endswith("+00:00")


def test_a_problems_instance_is_the_request_of_its_line(service: Any) -> None:
    answer = service.send(FORM | {"budget": SECRET_WORD})
    assert answer.json()["instance"] == answer.headers["Request-Id"]
    line = line_of(service, answer.headers["Request-Id"])
    assert (line["status"], line["code"], line["lead"]) == (422, "type", None)


def test_a_sending_that_comes_again_says_so(service: Any) -> None:
    headers = {"Idempotency-Key": "watch-1"}
    answers = [service.call("POST", "/v1/leads", service.secret, headers, json=FORM) for _ in range(2)]
    assert [line_of(service, answer.headers["Request-Id"])["replayed"] for answer in answers] == [False, True]


@pytest.mark.parametrize("path", [f"/v1/leads/{SECRET_WORD}", f"/{SECRET_WORD}?name={SECRET_WORD}", "/v1/form?a=%0aX"])
def test_neither_path_nor_query_is_logged_or_counted(service: Any, path: str) -> None:
    answer = service.call("GET", path, service.secret, {"User-Agent": f"{SECRET_WORD}\t\x1b[31m"})
    line_of(service, answer.headers["Request-Id"])
    assert SECRET_WORD not in (service.home / "stderr").read_text()
    assert SECRET_WORD not in service.call("GET", "/metrics").text


def test_the_servers_own_words_are_lines_of_json_too(service: Any) -> None:
    events = {line["event"] for line in lines(service) if line["logger"].startswith("uvicorn")}
    assert "Application startup complete." in events
    assert all(list(line)[:4] == ["time", "level", "logger", "event"] for line in lines(service))
    assert all(set(line) - {"time", "level", "logger", "event"} <= FIELDS for line in lines(service))


def test_an_unexpected_error_is_told_by_its_place_alone(
    served: Any, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError(SECRET_WORD)

    running = served()
    monkeypatch.setattr("serving.endpoints.forms.validated", fails)
    answer = running.send(FORM)
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    [line] = [line for line in map(json.loads, written.getvalue().splitlines()) if line["event"] == "unexpected"]
    assert line["request"] == answer.headers["Request-Id"]
    assert line["error"] == "RuntimeError"
    assert "test_watch" in line["trace"][-1]
    assert SECRET_WORD not in written.getvalue()


def test_what_is_not_on_the_list_is_not_logged(written: io.StringIO) -> None:
    logger("accord.test").info("a sentence", email="jane@example.com", lead="ld_1", code="x" * 501, model={"a": 1})
    line = json.loads(written.getvalue())
    assert {name: line[name] for name in line if name != "time"} == {
        "level": "info",
        "logger": "accord.test",
        "event": "a sentence",
        "lead": "ld_1",
    }


def test_a_line_end_in_a_value_cannot_begin_a_line(written: io.StringIO) -> None:
    logger("accord.test").info("a sentence", code='x\n{"level": "error"}\r\x1b[31m\u2028')
    assert len(written.getvalue().splitlines()) == 1
    assert written.getvalue().isascii()


def test_what_libraries_put_into_their_sentences_is_not_logged(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Port %d of %s", 8000, SECRET_WORD)
    logging.getLogger("asyncio").error(f"Task failed: {SECRET_WORD}")
    with warnings.catch_warnings():
        warnings.simplefilter("always")  # told, where tests otherwise raise it
        warnings.warn(SECRET_WORD, UserWarning, stacklevel=1)
    try:
        raise ValueError(SECRET_WORD)
    except ValueError:
        logging.getLogger("some.library").exception("failed for %s", SECRET_WORD)
    events = [json.loads(line) for line in written.getvalue().splitlines()]
    assert SECRET_WORD not in written.getvalue()
    assert events[0]["event"] == "Port 8000 of …"
    assert events[-1]["error"] == "ValueError"
    assert "test_what_libraries" in events[-1]["trace"][0]


def test_a_stream_that_is_gone_stops_nothing_and_tells_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    program = (
        "import sys\nfrom serving.watch.logs import log_to, logger\nstream = open('/dev/full', 'w')\nlog_to(stream)\n"
        f"logger('accord.test').info('a sentence', code='{SECRET_WORD}')\nprint('goes on')\nsys.stdout.flush()\n"
        "import os\nos._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=SERVING.parent, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("goes on\n", "")


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(SERVING.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                of = node.func.value
                if isinstance(of, ast.Name) and of.id == "log":
                    yield f"{path.relative_to(SERVING)}:{node.lineno}", node


def test_every_log_call_is_a_literal_sentence_with_fields_of_the_list() -> None:
    found = list(calls())
    assert len(found) > 5
    for place, call in found:
        [event] = call.args
        choices = [event.body, event.orelse] if isinstance(event, ast.IfExp) else [event]
        assert all(isinstance(choice, ast.Constant) for choice in choices), place
        named = {keyword.arg for keyword in call.keywords if keyword.arg}
        assert named <= FIELDS, place


def test_only_the_log_module_uses_the_library_for_it() -> None:
    users = [path.name for path in sorted(SERVING.rglob("*.py")) if "import logging" in path.read_text()]
    assert users == ["logs.py"]


def test_the_console_gets_colours_and_a_file_does_not(monkeypatch: pytest.MonkeyPatch, written: io.StringIO) -> None:
    console = io.StringIO()
    monkeypatch.setattr(console, "isatty", lambda: True)
    log_to(console)
    logger("accord.test").info("a sentence", lead="ld_1")
    assert "a sentence" in console.getvalue()
    assert not console.getvalue().startswith("{")


def test_requests_problems_and_decisions_are_counted(served: Any) -> None:
    running = served()
    running.send(FORM)
    running.send(FORM | {"email": "bot@example.com", "_website": "x"})
    running.send({"email": "x"})
    running.call("GET", "/nowhere")
    running.call("BREW", "/nowhere")
    found = metrics(running)
    assert value(found, "requests_total", endpoint="/v1/leads", method="POST", status="201") == 2
    assert value(found, "requests_total", endpoint="/v1/leads", method="POST", status="422") == 1
    assert value(found, "requests_total", endpoint="unmatched", method="GET", status="404") == 1
    assert value(found, "requests_total", endpoint="unmatched", method="other", status="404") == 1
    assert value(found, "problems_total", code="email-format") == 1
    routes = {"band": "A", "scored_by": "scorecard", "cause": "submission"}
    assert value(found, "decisions_total", route="sales", **routes) == 1
    assert value(found, "decisions_total", route="quarantine", **routes) == 1
    assert value(found, "submissions_marked_total", mark="honeypot") == 1
    assert value(found, "request_duration_seconds_count", endpoint="/v1/leads") == 3
    assert value(found, "scoring_duration_seconds_count") == 2
    assert value(found, "commit_group_jobs_sum") == 2
    assert value(found, "writer_waiting_jobs") == 0
    assert value(found, "degraded", reason="no-champion") == 1
    assert value(found, "ledger_up") == 1


def test_each_application_counts_for_itself(served: Any) -> None:
    assert value(metrics(served()), "requests_total", endpoint="/v1/leads", method="POST", status="201") == 0


def test_a_sending_that_comes_again_counts_as_no_decision(served: Any) -> None:
    running = served()
    for _ in range(3):
        running.call("POST", "/v1/leads", running.secret, {"Idempotency-Key": "k"}, json=FORM)
    found = metrics(running)
    assert sum(count for (name, _), count in found.items() if name == "accord_decisions_total") == 1
    assert value(found, "replays_total") == 2


def test_the_model_that_serves_is_told_with_its_age(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.scoring.live.POLL_SECONDS", 0.05)
    monkeypatch.setattr("serving.watch.state.KEPT_SECONDS", 0.0)
    running = served(lambda ledger, agreement: Serves())
    assert ("accord_model_number", frozenset()) not in metrics(running)
    ledger = open_ledger(running.database)
    number = save_bundle(ledger, b"bytes that no test opens", {})
    promote(ledger, number, champion(ledger), "test")
    ledger.close()
    until = time.monotonic() + 10
    while running.call("GET", "/readyz").json()["degraded"] and time.monotonic() < until:
        time.sleep(0.05)
    found = metrics(running)
    assert value(found, "model_number") == number
    assert 0 <= value(found, "model_age_seconds") < 60


class Serves:
    """Stands in for a trained model that is never asked."""

    def row(self, values: object) -> dict[str, float]:
        return {}

    def score_row(self, row: object) -> Any:
        raise AssertionError("no lead was sent")


def test_while_the_ledger_cannot_be_read_its_figures_are_absent(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.watch.state.KEPT_SECONDS", 0.0)
    monkeypatch.setattr("serving.watch.state.READ_SECONDS", 0.1)
    running = served()
    monkeypatch.setattr("serving.watch.state.facts_of", lambda _: time.sleep(1))
    answer = running.call("GET", "/metrics")
    assert answer.status_code == 200
    assert "accord_ledger_up 0.0" in answer.text


def test_the_ledgers_figures_are_read_once_in_a_while(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []

    def facts_of(ledger: Any) -> state.Facts:
        read.append(ledger)
        return asked(ledger)

    asked = state.facts_of
    monkeypatch.setattr(state, "facts_of", facts_of)
    running = served()
    assert [value(metrics(running), "ledger_up") for _ in range(3)] == [1, 1, 1]
    assert len(read) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Host": "evil.example"},
    ],
    ids=["forwarded for", "forwarded protocol", "forwarded", "via", "another name"],
)
def test_metrics_take_a_key_from_whoever_does_not_come_from_this_machine(service: Any, headers: dict[str, str]) -> None:
    assert service.call("GET", "/metrics", headers=headers).status_code == 401
    assert service.call("GET", "/metrics", service.public, headers).status_code == 403
    assert service.call("GET", "/metrics", service.secret, headers).status_code == 200
    ledger = open_ledger(service.database)
    watching, reading = create_key(ledger, "sk", scopes=["metrics"]), create_key(ledger, "sk", scopes=["leads"])
    ledger.close()
    assert service.call("GET", "/metrics", watching, headers).status_code == 200
    assert service.call("GET", "/metrics", reading, headers).status_code == 403
    assert service.call("GET", "/v1/form", watching).status_code == 403


def test_labels_take_values_that_are_known_beforehand(service: Any) -> None:
    for number in range(20):
        service.call("GET", f"/{SECRET_WORD}{number}")
        service.call("POST", "/v1/leads", service.secret, json={f"field{number}": SECRET_WORD})
    found = metrics(service)
    labels = {(name, label) for _, pairs in found for name, label in pairs}
    assert {label for name, label in labels if name == "code"} <= set(KINDS)
    assert all(label.startswith("/") or label == "unmatched" for name, label in labels if name == "endpoint")
    assert len({label for name, label in labels if name == "endpoint"}) < 60


def test_openmetrics_is_answered_where_it_is_asked_for(service: Any) -> None:
    answer = service.call("GET", "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_a_trace_is_never_endless() -> None:
    def deeper(levels: int) -> None:
        if not levels:
            raise KeyError(SECRET_WORD)
        deeper(levels - 1)

    with pytest.raises(KeyError) as caught:
        deeper(100)
    assert len(logs.trace_of(caught.value)) == logs.LONGEST_TRACE
    assert SECRET_WORD not in logs.place_of(caught.value)


def test_processes_that_share_a_port_count_together(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "accord.toml").write_text(AGREEMENT)
    ledger = open_ledger(postgres)
    running = Service("", tmp_path, create_key(ledger, "sk"), create_key(ledger, "pk"))
    ledger.close()
    start(running, "--workers", "2", ACCORD_DATABASE_URL=postgres)
    try:
        statuses = [running.send(FORM).status_code for _ in range(12)]
        counts = {value(metrics(running), "requests_total", **SENT) for _ in range(6)}
    finally:
        stop(running)
    assert (statuses, counts) == ([201] * 12, {12})


def test_what_waits_to_be_delivered_is_told_by_receiver(processes: Any, free: int) -> None:
    running = processes(ACCORD_RECEIVER_NETWORKS="127.0.0.0/8")
    asked = running.call("POST", "/v1/endpoints", running.secret, json={"url": f"http://127.0.0.1:{free}/"})
    assert asked.status_code == 201, asked.text
    receiver = asked.json()["endpoint"]
    running.send(FORM)
    until = time.monotonic() + 10
    while not value(metrics(running), "delivery_attempts_total", result="failed") and time.monotonic() < until:
        time.sleep(0.1)
    found = metrics(running)
    assert value(found, "delivery_attempts_total", result="failed") == 1
    assert ("accord_outbox_overdue_seconds", frozenset({("receiver", "mail")})) in found
    assert value(found, "outbox_messages", receiver=receiver, state="dead") == 0


@pytest.fixture
def free() -> Iterator[int]:
    """A port on which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
