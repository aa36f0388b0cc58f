"""How long one form waits: warm `POST /v1/leads` to a real service with a real champion, one request after another.

Beside it, in the same run, a bare FastAPI endpoint that only echoes, and the scorer alone in this process: the ratios
hold on any machine, the milliseconds only on this one. Traffic goes to loopback only."""

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd

from benchmarks.provenance import provenance

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "x-education" / "train.csv"
ECHO = """
import socket, sys
import uvicorn
from fastapi import FastAPI, Request
app = FastAPI()
@app.post("/v1/leads", status_code=201)
async def echo(request: Request) -> dict:
    return await request.json()
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(f"ready at http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
Server(uvicorn.Config(app, log_level="warning", access_log=False)).run([listener])
"""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), options.data, options.requests)
    text = json.dumps(result | {"provenance": provenance(cores=1, seed=0)}, indent=1)
    print(text)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n")


def measure(folder: Path, data: Path, requests: int) -> dict[str, object]:
    environment = {**os.environ, "ACCORD_HOME": str(folder / "home")}

    def accord(*words: str) -> str:
        call = [sys.executable, "-m", "accord", *words]
        return subprocess.run(call, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout

    accord("init", str(data), "--target", "converted", "--in-order")
    accord("train", str(data), "--budget", "0")
    key = accord("keys", "create", "sk").strip()
    forms = _forms(folder, data)
    with running([sys.executable, "-m", "accord", "serve", "--port", "0"], folder, environment) as url:
        served = milliseconds(url, key, forms, requests)
    with running([sys.executable, "-c", ECHO], folder, environment) as url:
        echoed = milliseconds(url, key, forms, requests)
    return {
        "accord_ms": told(served),
        "bare_fastapi_echo_ms": told(echoed),
        "ratio_of_medians": round(statistics.median(served) / statistics.median(echoed), 2),
        "requests": requests,
    }


def _forms(folder: Path, data: Path) -> list[bytes]:
    from leads.agreement import read_agreement
    from leads.table import read_table, read_values

    values = read_values(read_table(data).head(200), read_agreement(folder / "accord.toml")).values
    rows = [{key: value for key, value in row.items() if not pd.isna(value)} for row in values.to_dict("records")]
    return [json.dumps(row).encode() for row in rows]


@contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """On the first core, where there is more than one; the sender takes the rest."""
    pinned = (
        ["taskset", "-c", "0", *command] if (os.cpu_count() or 1) > 1 and Path("/usr/bin/taskset").exists() else command
    )
    with subprocess.Popen(
        pinned, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as service:
        if service.stdout is None:
            raise RuntimeError("the service has no output to read")
        yield service.stdout.readline().split()[-1]
        service.send_signal(signal.SIGTERM)


def milliseconds(url: str, key: str, forms: list[bytes], requests: int) -> list[float]:
    send = _sender(url, key)
    for form in forms[:50]:
        send(form)
    return [send(forms[number % len(forms)]) for number in range(requests)]


def _sender(url: str, key: str) -> Callable[[bytes], float]:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def send(form: bytes) -> float:
        begun = time.perf_counter()
        connection.request("POST", "/v1/leads", form, headers)
        answer = connection.getresponse()
        body = answer.read()
        spent = (time.perf_counter() - begun) * 1000
        if answer.status != 201:
            raise RuntimeError(f"answered {answer.status}: {body[:300]!r}")
        return spent

    return send


def told(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {name: round(cuts[place], 3) for name, place in (("p50", 49), ("p90", 89), ("p99", 98))}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="a table with the target `converted`, rows in order")
    parser.add_argument("--requests", type=int, default=1000, help="timed requests to each service (default: 1000)")
    parser.add_argument("--out", type=Path, help="write the result there as JSON too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
