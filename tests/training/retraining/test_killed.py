"""A retraining that is killed goes on, and one that cannot tell MLflow has promoted all the same."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from leads.ledger import tables
from leads.ledger.retraining import Retraining, retrainings
from tests.training.retraining.company import Company

PATIENCE = 120.0


@pytest.fixture
def hangs_up() -> Iterator[str]:
    """The address of a tracking server that takes each call and answers none."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        ended = threading.Event()
        thread = threading.Thread(target=_hang_up, args=(listening, ended))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()
        thread.join()


def _hang_up(listening: socket.socket, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            listening.accept()[0].close()
        except TimeoutError:
            continue


def test_a_killed_one_goes_on_where_it_was_and_its_look_does_not_count(company: Company, hangs_up: str) -> None:
    with company.apart("retrain", "--budget", "0") as running:
        until = time.monotonic() + PATIENCE
        while not _looks(company):
            assert running.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        running.kill()
    (left,) = _story(company)
    assert left.ended_at is None
    assert "unfinished" in company("retrain", "--list")
    company.settings["MLFLOW_TRACKING_URI"] = hangs_up
    told = company.retrain("--if-due")
    assert (told["retraining"], told["until"], told["result"]) == (left.id, left.until.isoformat(), "promoted")
    assert _looks(company) == 1
    assert company.champion() == 1
    assert told["gates"][2]["numbers"]["lower_bound"] > 0.2  # of a first look
    assert (told["run_id"], company.champion()) == (None, 1)
    assert f"MLflow at {hangs_up} did not take" in told["warning"]
    assert 0 < company.score() < 1


def _story(company: Company) -> list[Retraining]:
    with company.ledger() as ledger:
        return retrainings(ledger)


def _looks(company: Company) -> int:
    with company.ledger() as ledger, ledger.reading() as connection:
        return connection.scalar(select(func.count()).select_from(tables.looks)) or 0
