"""`accord mlflow`: opens MLflow's own pages on the trainings of this place."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from leads.refusal import Failure, Refusal
from leads.settings import Settings, settings
from training.experiment.store import place as without_password
from training.experiment.view import NAME

START_SECONDS = 180.0  # the first start of a busy machine makes the store and compiles MLflow
TRAINING_PAGES = "workflowType=machine_learning"  # instead of those for language models
# Without job execution MLflow runs 2 processes instead of 10; the jobs are for judging language models.
LIGHT = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}


def mlflow_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=5000, help="port to listen on (default 5000; 0 picks a free one)")


def mlflow(options: argparse.Namespace) -> int:
    place = settings()
    if place.tracking_uri.startswith(("http://", "https://")):
        _put_right(place)
        _announce(without_password(place).rstrip("/"))
        return 0
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # however it ends, the server must not stay behind
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    _put_right(place)
    try:
        with served(place, options.host, options.port) as (url, server):
            _announce(url)
            print("Ctrl-C stops it.", flush=True)
            return _until_it_ends(server, place)
    except KeyboardInterrupt:
        return 0


def _put_right(place: Settings) -> None:
    """What was trained or promoted while MLflow was away is shown from now on. The pages open all the same where that
    does not work."""
    if place.database is None and not (place.home / "accord.db").exists():
        return  # nothing was trained yet
    from leads.ledger.opening import open_ledger
    from training.experiment.aliases import reconcile

    try:
        with closing(open_ledger(place.database_url)) as ledger:
            told = reconcile(place, ledger)
    except (Failure, Refusal) as failure:
        told = [str(failure)]
    for sentence in told:
        print(f"accord: {sentence}", file=sys.stderr)


@contextmanager
def served(place: Settings, host: str, port: int) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """MLflow's server on the store, ready to answer; stopped on the way out. Its own output goes to the log file."""
    port = _free_port(host, port)
    place.home.mkdir(parents=True, exist_ok=True)
    call = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"]
    with _log_path(place).open("wb") as log:
        # a session of its own: Ctrl-C reaches this process alone, which then stops the server and its worker
        server = subprocess.Popen(  # noqa: S603  # our own words, no shell
            call, env=_environment(place), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        url = f"http://{_reachable(host)}:{port}"
        _wait(url, server, place)
        yield url, server
    finally:
        _stop(server)


def _environment(place: Settings) -> dict[str, str]:
    """The store's address goes by the environment: it may hold a password, and a command line is public."""
    folder = (place.home / "mlartifacts").resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = {"MLFLOW_BACKEND_STORE_URI": place.tracking_uri, "MLFLOW_ARTIFACTS_DESTINATION": folder.as_uri()}
    return {**os.environ, **store, **LIGHT}


def _announce(url: str) -> None:
    print(f"MLflow is ready at {url}")
    print(f"  trainings         {url}/#/experiments/{_trainings(url)}")
    print(f"  registered model  {url}/#/models/conversion?{TRAINING_PAGES}", flush=True)


def _trainings(url: str) -> str:
    """The page of our experiment in its saved view; while nothing was trained, of MLflow's own empty one."""
    asked = f"{url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=accord"
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310  # http, our own server
            experiment = json.load(answer)["experiment"]["experiment_id"]
    except urllib.error.HTTPError:
        return f"0/runs?{TRAINING_PAGES}"
    except OSError as error:
        remedy = "Set MLFLOW_TRACKING_URI to one that runs."
        raise Failure(f"No MLflow server answers at {url}: {error}. {remedy}") from error
    return f"{experiment}/runs?{TRAINING_PAGES}&viewStateShareKey={NAME}"


def _free_port(host: str, port: int) -> int:
    try:
        with socket.create_server((host, port)) as probe:
            return int(probe.getsockname()[1])
    except OSError as error:
        raise Refusal(f"Port {port} on {host} cannot be used ({error.strerror}); --port 0 picks a free one.") from None


def _reachable(host: str) -> str:
    # compared here, not bound to
    return "127.0.0.1" if host in {"0.0.0.0", ""} else f"[{host}]" if ":" in host else host  # noqa: S104


def _wait(url: str, server: "subprocess.Popen[bytes]", place: Settings) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise Failure(_ended(server, place))
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310  # http, our own server
                return
        except OSError:
            time.sleep(0.2)
    raise Failure(f"MLflow did not answer within {START_SECONDS:.0f} s; what it said stands in {_log_path(place)}.")


def _until_it_ends(server: "subprocess.Popen[bytes]", place: Settings) -> int:
    server.wait()
    raise Failure(_ended(server, place))


def _ended(server: "subprocess.Popen[bytes]", place: Settings) -> str:
    said = [line for line in _log_path(place).read_text(errors="replace").splitlines() if line.strip()]
    last = said[-1].strip()[:300] if said else "it said nothing"
    return f"MLflow ended by itself (code {server.returncode}): {last}. All it said stands in {_log_path(place)}."


def _log_path(place: Settings) -> Path:
    return place.home / "mlflow.log"


def _stop(server: "subprocess.Popen[bytes]") -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, sign)
            server.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        else:
            return
