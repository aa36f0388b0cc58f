"""Clients that do what a sender should: send a form again, under the same Idempotency-Key, until it is answered."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PATIENCE = 120.0
"""Seconds after which a form that nobody answers ends the run."""
AGAIN = (409, 429, 500, 502, 503, 504)


class Answered(NamedTuple):
    status: int
    body: str
    replayed: bool


@dataclass
class History:
    """One place a form for what it was answered, and what it took: connections lost and statuses that mean "again"."""

    answers: list[Answered | None]
    setbacks: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    failure: Exception | None = None

    @property
    def answered(self) -> int:
        return len(self.answers) - self.answers.count(None)

    def complete(self) -> list[Answered]:
        if self.failure:
            raise self.failure
        return [answer for answer in self.answers if answer is not None]


def form_of(number: int, random_: random.Random) -> dict[str, Any]:
    """A person of its own in each form, so that what was stored twice shows by the person."""
    form: dict[str, Any] = {"email": f"person{number}@example.com", "country": random_.choice(["DE", "FR", "AT", "US"])}
    if random_.random() < 0.5:
        form["budget"] = random_.randrange(100, 100_000)
    if random_.random() < 0.5:
        form["message"] = f"Question {number} of {random_.randrange(1_000_000)}"
    return form


class Clients:
    """`port` never changes while they run; without `tokens` each sending is a new one to the service."""

    def __init__(self, port: int, key: str, forms: Sequence[dict[str, Any]], tokens: Sequence[str] | None) -> None:
        self.port, self.key, self.forms, self.tokens = port, key, forms, tokens
        self.history = History([None] * len(forms))
        self._next = iter(range(len(forms)))
        self._threads: list[threading.Thread] = []

    def start(self, count: int) -> None:
        self._threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def running(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def finish(self) -> History:
        for thread in self._threads:
            thread.join()
        return self.history

    def _work(self, seed: int) -> None:
        connection, pause = self._connection(), random.Random(seed)
        while (number := self._take()) is not None:
            try:
                self.history.answers[number] = self._until_answered(connection, number, pause)
            except Exception as failure:
                self.history.failure = failure
                return
        connection.close()

    def _take(self) -> int | None:
        with self.history.lock:
            return None if self.history.failure else next(self._next, None)

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def _until_answered(self, connection: http.client.HTTPConnection, number: int, pause: random.Random) -> Answered:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                answer = self._send(connection, number)
            except (OSError, http.client.HTTPException):
                connection.close()
                self._note("connection lost")
            else:
                if answer.status not in AGAIN:
                    return answer
                self._note(str(answer.status))
            time.sleep(pause.uniform(0.05, 0.3))
        raise TimeoutError(f"form {number} was not answered within {PATIENCE:.0f} s: {dict(self.history.setbacks)}")

    def _send(self, connection: http.client.HTTPConnection, number: int) -> Answered:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if self.tokens:
            headers["Idempotency-Key"] = self.tokens[number]
        connection.request("POST", "/v1/leads", json.dumps(self.forms[number]), headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        return Answered(answer.status, body, answer.headers.get("Idempotency-Replayed") == "true")

    def _note(self, what: str) -> None:
        with self.history.lock:
            self.history.setbacks[what] += 1
