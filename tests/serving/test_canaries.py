import io
import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from benchmarks.canaries import TRACE, Canary, canary, hits_in, run
from leads.ledger import champion, open_ledger, promote, save_bundle
from serving.watch.logs import log_to

PEOPLE = 50
SEED = 20_261_122


def test_people_are_found_in_the_ledgers_forms_and_nowhere_else() -> None:
    found = run(PEOPLE, SEED)
    assert found["hits"] == []
    assert found["found_in_the_ledger"] >= PEOPLE, "the search finds nothing, even where it must"
    assert found["scored_by_a_model"] >= PEOPLE
    assert {201, 400, 401, 404, 405, 415, 422} <= set(found["statuses"])


@pytest.mark.parametrize("text", [*canary(7), json.dumps(canary(7).name), "kanari7731%2E7%40example.com"])
def test_the_search_knows_every_part_of_a_canary(text: str) -> None:
    assert list(hits_in("here", text.encode()))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root, hook, raising, stream = logging.getLogger(), sys.unraisablehook, logging.raiseExceptions, io.StringIO()
    kept, level = root.handlers[:], root.level
    log_to(stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:], sys.unraisablehook, logging.raiseExceptions = kept, hook, raising
    root.setLevel(level)


class Tattler:
    """A champion that fails with all it was given in its message."""

    def row(self, values: Mapping[str, object]) -> dict[str, float]:
        raise ValueError(f"cannot read {dict(values)}")

    def score_row(self, row: object) -> Any:
        raise AssertionError("there is no row")


def test_a_champion_that_fails_tells_nobody_of_whom(served: Any, log: io.StringIO) -> None:
    running = served(lambda ledger, agreement: Tattler())
    ledger = open_ledger(running.database)
    promote(ledger, save_bundle(ledger, b"bytes that no test opens", {}), champion(ledger), "test")
    ledger.close()
    running.call("GET", "/readyz")
    for number in range(PEOPLE):
        person: Canary = canary(number)
        assert running.send({"email": person.email, "name": person.name, "message": person.message}).status_code == 201
        if number == 0:
            _wait_for_the_champion(running)
    assert "ValueError" in log.getvalue()
    assert not TRACE.search(log.getvalue().encode())
    assert not TRACE.search(running.call("GET", "/metrics").content)


def _wait_for_the_champion(running: Any) -> None:
    until = time.monotonic() + 10
    while "no-champion" in running.call("GET", "/readyz").json()["degraded"] and time.monotonic() < until:
        time.sleep(0.1)
