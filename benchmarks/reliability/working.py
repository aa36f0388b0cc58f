"""Run as a process of its own by the deliveries part: Accord's worker, with waits of seconds instead of hours.

`python -m benchmarks.reliability.working DATABASE`: delivers what is due until it is told to end."""

import asyncio
import signal
import sys

from benchmarks.reliability.receiving import DEADLINE_SECONDS
from leads.ledger import Writer, open_ledger
from serving.delivery.addresses import networks
from serving.delivery.sender import WebhookSender
from serving.delivery.worker import Pace, Worker

PACE = Pace(poll=0.05, lease=3.0, steps=(0.0, *[0.2] * 4, *[1.0] * 15))
"""More steps than in earnest: with three faults in ten requests, one message in 170,000 would use ten steps up."""


async def work(database: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    ledger = open_ledger(database, serving=True)
    writer, sender = Writer(ledger), WebhookSender(networks("127.0.0.0/8"), seconds=DEADLINE_SECONDS)
    print("ready", flush=True)
    await Worker(writer, sender, mails=False, pace=PACE).run(stop)
    await sender.close()
    await asyncio.to_thread(writer.close)
    ledger.close()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
