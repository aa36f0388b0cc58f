"""The verb `work`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from typing import TYPE_CHECKING

from leads.refusal import Refusal

if TYPE_CHECKING:
    from leads.ledger import Ledger
    from serving.delivery.configuration import Configuration


def work_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Any number of these may run beside `accord serve`, which delivers too; PostgreSQL only."


def work(options: argparse.Namespace) -> int:
    from leads.ledger import open_ledger
    from leads.settings import settings
    from serving.delivery.configuration import configuration
    from serving.watch.logs import log_to

    if settings().database_url.startswith("sqlite"):
        raise Refusal(
            "On SQLite `accord serve` delivers by itself; leave `accord work` out, or keep the ledger in PostgreSQL: "
            "ACCORD_DATABASE_URL=postgresql://…"
        )
    outside = configuration()
    ledger = open_ledger(settings().database_url)
    try:
        log_to(sys.stderr)
        asyncio.run(_work(ledger, outside))
    finally:
        ledger.close()
    return 0


async def _work(ledger: Ledger, outside: Configuration) -> None:
    from leads.ledger import Writer
    from serving.delivery.worker import deliver

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    writer = Writer(ledger)
    try:
        print("Accord is delivering", flush=True)
        await deliver(writer, outside, stop)
    finally:
        await asyncio.to_thread(writer.close)
