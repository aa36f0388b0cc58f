"""Several serving processes on one port; their ledger is in PostgreSQL."""

import multiprocessing
import os
import signal
import socket
import sys
from multiprocessing.connection import wait
from threading import Thread

from fastapi import FastAPI
from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from leads.agreement import parse_agreement
from leads.ledger import agreement_in_force, open_ledger
from leads.refusal import Failure, Refusal
from leads.settings import settings
from models.champion import serving_scorer
from serving.app import create_app
from serving.watch.logs import log_to

APP = "serving.workers:app_of_ledger"


class Workers(Multiprocess):
    """A process that ends is replaced at once; SIGTERM lets all of them finish what they answer; SIGHUP replaces them
    one by one."""

    def __init__(self, config: Config, listener: socket.socket, greeting: str) -> None:
        super().__init__(config, [listener])
        self.greeting: str | None = greeting

    def serve(self) -> int:
        self.run()
        return int(any(process.exitcode == STARTUP_FAILURE for process in self.processes))

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        if self.greeting and not self.should_exit.is_set() and all(process.is_ready() for process in self.processes):
            print(self.greeting, flush=True)
            self.greeting = None


def app_of_ledger() -> FastAPI:
    """Made anew in each process, under the agreement that the first one put in force."""
    log_to(sys.stderr)
    Thread(target=_end_with_parent, name="accord-parent", daemon=True).start()
    try:
        ledger = open_ledger(settings().database_url, serving=True)
        if (now := agreement_in_force(ledger)) is None:
            raise Refusal("No agreement is in force; start `accord serve` again.")
        agreement = parse_agreement(now.text, f"agreement {now.number}")
    except (Refusal, Failure) as told:
        print(f"accord: {told}", file=sys.stderr)
        sys.exit(1)
    return create_app(ledger, agreement, now.number, serving_scorer)


def _end_with_parent() -> None:
    """A parent that was killed can neither stop its processes nor free their port."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
