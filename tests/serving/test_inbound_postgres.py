"""Forms from other tools where the ledger is PostgreSQL: the senders are those of test_inbound.py."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from benchmarks.reliability.workplace import laid_out, serving
from leads.ledger import HookSource, digests, erase, hook_faults, leads_of, open_ledger, tables
from leads.person import identities_of_text
from tests.serving.conftest import AGREEMENT
from tests.serving.test_inbound import PAYLOADS, SOURCES, Place, generic, refused, somebody, taken, typeform


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, new_postgres: Callable[[], str]) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("inbound") / "home"
    more = {"ACCORD_TRUSTED_PROXIES": "127.0.0.1"}
    workplace = laid_out(home, database=new_postgres(), agreement=AGREEMENT, more=more)
    with serving(workplace), httpx2.Client(timeout=20) as client:
        ledger = open_ledger(workplace.database)
        yield Place(workplace, ledger, client)
        ledger.close()


def count(place: Place, table: Any = tables.submissions) -> int:
    with place.ledger.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


@pytest.mark.parametrize("source", SOURCES)
def test_a_message_becomes_a_lead_once(place: Place, source: HookSource) -> None:
    sender, email = place.hook(source), somebody()
    sent = sender.message(PAYLOADS[source](email), name="msg_used")
    lead = taken(place.deliver(sender, sent))
    assert place.form(lead)["email"] == email
    before = count(place)
    again = place.deliver(sender, sent)
    assert (again.status_code, again.json()["lead"], again.headers["Idempotency-Replayed"]) == (200, lead, "true")
    assert count(place) == before


def test_the_same_message_many_times_at_once_is_one_submission(place: Place) -> None:
    sender, before = place.hook("typeform"), count(place)
    sent, statuses = sender.message(typeform(somebody())), list[int]()
    threads = [
        threading.Thread(target=lambda: statuses.append(place.deliver(sender, sent).status_code)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(statuses), set(statuses) <= {200, 202}) == (8, True)
    assert count(place) == before + 1


def test_what_cannot_be_read_is_kept_until_it_can_and_goes_with_its_person(place: Place) -> None:
    sender, email = place.hook("generic"), somebody()
    refused(place.deliver(sender, sender.message(generic(None), name="msg_1")), 422, "required", "#")
    assert len(hook_faults(place.ledger, sender.hook)) == 1
    taken(place.deliver(sender, sender.message(generic(somebody()), name="msg_1")))
    assert hook_faults(place.ledger, sender.hook) == []
    assert place.deliver(sender, sender.message(generic(email, country=["x", {}]))).status_code == 202
    assert len(hook_faults(place.ledger, sender.hook)) == 1
    with place.ledger.transaction() as connection:
        people = digests(place.ledger, identities_of_text(email))
        erase(connection, people, leads_of(connection, people), datetime.now(UTC), lambda _: None)
    assert hook_faults(place.ledger, sender.hook) == []
