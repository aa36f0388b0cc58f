"""The running service of a demo, as a page or a CRM sees it: over HTTP."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leads.refusal import Failure

READY = "Accord is ready at "
START_SECONDS = 120.0
ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class RunningAccord:
    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def send(self, key: str, form: Mapping[str, object]) -> dict[str, Any]:
        return call(f"{self.url}/v1/leads", key, json.dumps(form, allow_nan=False).encode())

    def story(self, key: str, lead: str) -> dict[str, Any]:
        return call(f"{self.url}/v1/leads/{lead}", key)

    def wait(self) -> None:
        """Until it ends, which only Ctrl-C should make it do."""
        self.process.wait()
        raise Failure(ended(self.process, self.log))


def call(url: str, key: str, body: bytes | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310  # our own service on this machine
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  # as above
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        raise Failure(f"{url} answered {error.code}: {error.read(2_000).decode(errors='replace')}") from None
    except OSError as error:
        raise Failure(f"{url} did not answer: {error}") from None


@contextmanager
def running_service(folder: Path, environment: Mapping[str, str]) -> Iterator[RunningAccord]:
    """`accord serve` on a free port, ready to answer; stopped on the way out."""
    said, log = folder / "serve.out", folder / "serve.log"
    command = [sys.executable, "-m", "accord", "serve", "--port", "0"]
    with said.open("wb") as stdout, log.open("wb") as stderr:
        # a session of its own: Ctrl-C reaches this process alone, which then stops the service
        process = subprocess.Popen(  # noqa: S603  # our own words, no shell
            command, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
        )
    try:
        yield RunningAccord(url_of(process, said, log), process, log)
    finally:
        stop(process)


def url_of(process: "subprocess.Popen[bytes]", said: Path, log: Path) -> str:
    """Waits for the service's first line."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        line, end, _ = said.read_text().partition("\n")
        if end and line.startswith(READY):
            return line.removeprefix(READY).strip().rstrip("/")
        if process.poll() is not None:
            raise Failure(ended(process, log))
        time.sleep(0.05)
    raise Failure(f"`accord serve` was not ready within {START_SECONDS:.0f} s; what it said stands in {log}.")


def ended(process: "subprocess.Popen[bytes]", log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    return f"`accord serve` ended by itself (code {process.returncode}): {last}\nAll it said stands in {log}."


def stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
