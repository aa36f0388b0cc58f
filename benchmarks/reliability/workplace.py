"""A state directory and one real `accord serve` process over it, which may be killed and started again."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leads.ledger import create_key, open_ledger

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
END_SECONDS = 30
UNLIMITED = "1000000000/minute"
AGREEMENT = """
[goal]
within_days = 120
value = 3000.0
[sales]
first_response_minutes = 15
[[sales.people]]
name = "north desk"
weight = 1
[routing]
bands = { A = 0.30, B = 0.15, C = 0.05 }
sales_from = "B"
[scorecard]
base_rate = 0.1
[[scorecard.rules]]
points = 40.0
when = { country = ["DE", "AT"] }
[form.fields.email]
kind = "email"
required = true
[form.fields.name]
kind = "person"
[form.fields.country]
kind = "country"
[form.fields.budget]
kind = "money"
[form.fields.message]
kind = "text"
"""


@dataclass
class Workplace:
    """`database` is a URL; `secret` is a key that may do everything, `public` one that a page may show."""

    home: Path
    database: str
    secret: str
    public: str
    more: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    program: tuple[str, ...] = (str(ROOT / "accord.py"), "serve")
    process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.home) | {"ACCORD_DATABASE_URL": self.database} | dict(self.more)

    def start(self) -> float:
        """Serves on the same port as before; the seconds until it took forms."""
        begun = time.monotonic()
        command = [sys.executable, *self.program, "--port", str(self.port)]
        environment = self.environment | {"PYTHONPATH": str(ROOT)}
        with (self.home / "stderr").open("a") as errors:
            self.process = subprocess.Popen(
                command, cwd=self.home, env=environment, text=True, stdout=subprocess.PIPE, stderr=errors
            )
        self.port = int(first_line(self.process, self.home / "stderr").rsplit(":", 1)[1])
        return time.monotonic() - begun

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        end(self.process, how)

    def accord(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "accord.py"), *words]
        return subprocess.run(command, env=self.environment, text=True, capture_output=True, timeout=600)


def environment(home: Path) -> dict[str, str]:
    """Ours, without what it says of another Accord."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACCORD_", "MLFLOW_"))}
    return kept | {"ACCORD_HOME": str(home), "ACCORD_AGREEMENT": str(home / "accord.toml")}


def laid_out(
    home: Path,
    database: str | None = None,
    agreement: str = AGREEMENT,
    more: Mapping[str, str] | None = None,
    rate: str | None = UNLIMITED,
    origins: Sequence[str] = (),
) -> Workplace:
    """A state directory with an agreement, and a ledger (there, or at the URL) with a key of each kind."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "accord.toml").write_text(agreement)
    url = database or f"sqlite:///{home / 'accord.db'}"
    ledger = open_ledger(url)
    keys = create_key(ledger, "sk", rate=rate), create_key(ledger, "pk", origins, rate=rate)
    ledger.close()
    return Workplace(home, url, *keys, dict(more or {}))


@contextmanager
def serving(workplace: Workplace) -> Iterator[Workplace]:
    workplace.start()
    try:
        yield workplace
    finally:
        workplace.stop()


def first_line(process: subprocess.Popen[str], errors: Path) -> str:
    """The line by which a process says that it is ready; RuntimeError with its last words when it never does."""
    if process.stdout is None:
        raise RuntimeError("the process has no output to read")
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    line = process.stdout.readline().strip() if ready else ""
    if not line:
        end(process, signal.SIGKILL)
        raise RuntimeError(f"a process did not start: {errors.read_text()[-2000:]}")
    return line


def end(process: subprocess.Popen[Any] | None, how: signal.Signals = signal.SIGTERM) -> None:
    if process is None:
        return
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(END_SECONDS)
    if process.stdout:
        process.stdout.close()
