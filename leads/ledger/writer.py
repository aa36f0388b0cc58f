"""Many callers write at once: on SQLite they share transactions and so their waits for the disk, on PostgreSQL each has
its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from leads.ledger.book import POOL, Ledger, LedgerUnavailable, is_outage

LARGEST_GROUP = 64
T = TypeVar("T")


class Job(NamedTuple):
    work: Callable[[Connection], Any]
    done: Future[Any]


class Writer:
    """`submit` returns at once; the future is done when what `work` wrote is durable. A job that fails takes no other
    with it; a future cancelled before its turn is never run. `on_group` hears how many jobs a transaction carried."""

    def __init__(self, ledger: Ledger, on_group: Callable[[int], None] = lambda jobs: None) -> None:
        self.ledger = ledger
        self.on_group = on_group
        self._closing = False
        self._door = Lock()  # nothing comes in behind the one who closes it
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._pool = None if ledger.on_sqlite else ThreadPoolExecutor(POOL - 2, "accord-writer")
        self._thread = Thread(target=self._write_groups, name="accord-writer", daemon=True)
        if ledger.on_sqlite:
            self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        with self._door:
            if self._closing:
                raise LedgerUnavailable("the service is stopping")
            job = Job(work, Future())
            self._queue.put(job)
            if self._pool:
                self._pool.submit(self._write_one)
            return job.done

    @property
    def waiting(self) -> int:
        """Jobs that wait for a transaction to carry them."""
        return self._queue.qsize()

    def close(self) -> None:
        """Writes what was submitted before, then ends."""
        with self._door:
            self._closing = True
        if self._pool:
            self._pool.shutdown()
        elif self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _write_one(self) -> None:
        job = self._queue.get()
        if job is None or not job.done.set_running_or_notify_cancel():
            return
        try:
            with self.ledger.transaction() as connection:
                done = job.work(connection)
        except Exception as error:
            job.done.set_exception(error)
            return
        job.done.set_result(done)
        self.on_group(1)

    def _write_groups(self) -> None:
        ended = False
        while not ended:
            jobs, ended = self._next_group()
            running = [job for job in jobs if job.done.set_running_or_notify_cancel()]
            if running:
                self._write(running)

    def _next_group(self) -> tuple[list[Job], bool]:
        """Waits for the first job and takes what else has come by then; the rest shares the next group."""
        jobs: list[Job] = []
        with contextlib.suppress(Empty):
            while len(jobs) < LARGEST_GROUP:
                job = self._queue.get(block=not jobs)
                if job is None:
                    return jobs, True
                jobs.append(job)
        return jobs, False

    def _write(self, jobs: list[Job]) -> None:
        """One transaction, a savepoint each: nobody hears that a job was done before all of it is on the disk."""
        try:
            with self.ledger.transaction() as connection:
                outcomes = [_in_savepoint(connection, job.work) for job in jobs]
        except Exception as error:
            for job in jobs:
                job.done.set_exception(error)
            return
        for job, (done, failed) in zip(jobs, outcomes, strict=True):
            if failed is None:
                job.done.set_result(done)
            else:
                job.done.set_exception(failed)
        self.on_group(len(jobs))


def _in_savepoint(connection: Connection, work: Callable[[Connection], T]) -> tuple[T | None, Exception | None]:
    """An outage is the whole group's: after it the transaction may be gone, savepoints and all."""
    savepoint = connection.begin_nested()
    try:
        done = work(connection)
        savepoint.commit()
    except Exception as error:
        if isinstance(error, DBAPIError) and is_outage(error):
            raise
        savepoint.rollback()
        return None, error
    return done, None
