"""The verb `serve`."""

from __future__ import annotations

import argparse
import atexit
import os
import signal
import socket
import sys
from contextlib import suppress
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

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
    from leads.ledger import known_fault, open_ledger, serving_alone
    from leads.settings import settings
    from serving.edge.proxies import trusted_proxies
    from serving.watch.logs import log_to

    url, proxies = settings().database_url, trusted_proxies(settings().trusted_proxies)
    _refuse_workers(options.workers, url)
    log_to(sys.stderr)
    if fault := known_fault(url):
        _tell(fault)
    ledger = open_ledger(url, serving=True)
    try:
        with serving_alone(ledger):
            _erase_again(ledger)
            ground = _ground(ledger, options.agreement)
            _say_what_waits(ground.agreement)
            listener = _listen(options.host, options.port)
            if options.workers == 1:
                return _serve(ledger, ground, listener, proxies)
    finally:
        ledger.close()
    return _serve_together(options.workers, listener, proxies)


def _tell(notice: str) -> None:
    """What the operator should know, as a line of the log."""
    from serving.watch.logs import logger

    logger("accord.serve").warning("notice", notice=notice)


def _erase_again(ledger: Ledger) -> None:
    """A ledger that came back from an older backup brought people back who had been erased since."""
    from leads.settings import settings
    from serving.rights.erasure import erase_what_came_back

    if count := erase_what_came_back(ledger, settings().home):
        _tell(f"Erased {count} leads again, of people whom an older ledger had brought back.")


def _refuse_workers(workers: int, url: str) -> None:
    if workers < 1:
        raise Refusal("--workers must be at least 1.")
    if workers > 1 and url.startswith("sqlite"):
        raise Refusal(
            "SQLite takes one serving process. Leave --workers out, or keep the ledger in PostgreSQL: "
            "ACCORD_DATABASE_URL=postgresql://…"
        )


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
        _tell(f"There is no {path}; agreement {kept.number} of the ledger is in force.")
        return Ground(parse_agreement(kept.text, f"agreement {kept.number}"), kept.number)
    agreement = read_agreement(path)
    now = settle_agreement(ledger, path.read_text("utf-8-sig"), agreement.digest)
    in_force = parse_agreement(now.text, f"agreement {now.number}")
    if in_force.digest != agreement.digest:
        _tell(
            f"{path} differs from agreement {now.number}, under which leads were decided already. Agreement "
            f"{now.number} stays in force; `accord propose` puts the change to both teams."
        )
    return Ground(in_force, now.number)


def _say_what_waits(agreement: Agreement) -> None:
    from serving.delivery.configuration import configuration, mail_not_configured, mail_without_links, public_url

    configuration(), public_url()  # refuse now what could not be meant
    if mail_without_links(agreement):
        _tell("Mails to sales hold no link to answer with until ACCORD_PUBLIC_URL is set.")
    if mail_not_configured(agreement):
        _tell("The agreement names addresses for mail, which waits until ACCORD_SMTP_URL is set.")


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


def _serve(ledger: Ledger, ground: Ground, listener: socket.socket, proxies: list[str]) -> int:
    import uvicorn

    from models.champion import serving_scorer
    from serving.app import create_app

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(f"Accord is ready at {_url(listener)}", flush=True)

    app = create_app(ledger, ground.agreement, ground.number, serving_scorer)
    config = uvicorn.Config(app, **_wire_settings(proxies))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):  # the server has ended in order by then and only repeats the signal
        Server(config).run(sockets=[listener])
    atexit.register(_leave_at_once)
    return 0


def _leave_at_once() -> None:
    """A thread that was left behind, in a model or in SQLite, may hold what Python would wait for when it tidies up."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _serve_together(workers: int, listener: socket.socket, proxies: list[str]) -> int:
    import uvicorn

    from serving.workers import APP, Workers

    config = uvicorn.Config(
        APP, factory=True, workers=workers, timeout_worker_healthcheck=30, **_wire_settings(proxies)
    )
    with TemporaryDirectory(prefix="accord-metrics-") as together:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = together  # the processes count there; they start with a copy of this
        return Workers(config, listener, f"Accord is ready at {_url(listener)}").serve()


def _wire_settings(proxies: list[str]) -> dict[str, Any]:
    from serving.edge.wire import READ_AT_ONCE, Wire

    return {
        "http": Wire,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(proxies),  # without the list even this machine's own address would be believed
        "forwarded_allow_ips": proxies,
        "h11_max_incomplete_event_size": READ_AT_ONCE,
        "timeout_graceful_shutdown": 10,
        "lifespan": "on",
    }


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
