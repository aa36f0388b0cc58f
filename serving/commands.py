"""The verb `serve`."""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from leads.refusal import Refusal

if TYPE_CHECKING:
    from leads.agreement import Agreement
    from leads.ledger import Ledger


def serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="the port; 0 picks a free one (default: 8000)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="serving processes (default: 1)")
    parser.add_argument("--agreement", metavar="PATH", help="the agreement (default: ./accord.toml)")


def serve(options: argparse.Namespace) -> int:
    from leads.ledger import open_ledger
    from leads.settings import settings

    url = settings().database_url
    _refuse_workers(options.workers, url)
    ledger = open_ledger(url, serving=True)
    try:
        ground = _ground(ledger, options.agreement)
        listener = _listen(options.host, options.port)
        _log_to_stderr()
        return _serve(ledger, ground, listener)
    finally:
        ledger.close()


def _refuse_workers(workers: int, url: str) -> None:
    if workers < 1:
        raise Refusal("--workers must be at least 1.")
    if workers > 1 and url.startswith("sqlite"):
        raise Refusal(
            "SQLite takes one serving process. Leave --workers out, or keep the ledger in PostgreSQL: "
            "ACCORD_DATABASE_URL=postgresql+psycopg://…"
        )
    if workers > 1:
        raise Refusal("One command starts one process: start `accord serve` several times, each on its own port.")


class Ground(NamedTuple):
    """The agreement that is in force, and its number in the ledger."""

    agreement: Agreement
    number: int


def _ground(ledger: Ledger, given: str | None) -> Ground:
    from leads.agreement import agreement_path, parse_agreement, read_agreement
    from leads.ledger import agreement_in_force, settle_agreement
    from leads.settings import settings

    path, named = agreement_path(given), bool(given or settings().agreement)
    if not named and not path.exists() and (kept := agreement_in_force(ledger)):
        print(f"There is no {path}; agreement {kept.number} of the ledger is in force.", file=sys.stderr)
        return Ground(parse_agreement(kept.text, f"agreement {kept.number}"), kept.number)
    agreement = read_agreement(path)
    now = settle_agreement(ledger, path.read_text("utf-8-sig"), agreement.digest)
    in_force = parse_agreement(now.text, f"agreement {now.number}")
    if in_force.digest != agreement.digest:
        print(
            f"{path} differs from agreement {now.number}, under which leads were decided already. Agreement "
            f"{now.number} stays in force.",
            file=sys.stderr,
        )
    return Ground(in_force, now.number)


def _listen(host: str, port: int) -> socket.socket:
    """The port is taken before anything is loaded, so that a second service says at once that it is not wanted."""
    if not 0 <= port <= 65_535:
        raise Refusal("--port must lie between 0 and 65535; 0 picks a free one.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only on sockets whose protocol is told; without it answers wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Refusal(
            f"Cannot listen on {host}, port {port}: {(error.strerror or str(error)).lower()}. Name another port with "
            "--port (0 picks a free one) or another address with --host."
        ) from None
    return listener


def _log_to_stderr() -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )


def _serve(ledger: Ledger, ground: Ground, listener: socket.socket) -> int:
    import uvicorn

    from models.champion import serving_scorer
    from serving.app import create_app

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(f"Accord is ready at {_url(listener)}", flush=True)

    app = create_app(ledger, ground.agreement, ground.number, serving_scorer)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=10, lifespan="on"
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):  # the server has ended in order by then and only repeats the signal
        Server(config).run(sockets=[listener])
    return 0


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
