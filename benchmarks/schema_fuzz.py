"""What the service says of itself in /openapi.json, tried out by Schemathesis: does it answer as it is described?"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

from benchmarks.fuzz import ALL_KINDS, unexpected
from benchmarks.odd_requests import PAGE
from benchmarks.reliability.workplace import laid_out, serving

CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
PUBLIC = ("/v1/leads", "/v1/form")
AT_LEAST = 10


class Target(NamedTuple):
    url: str
    description: Path


class Found(NamedTuple):
    cases: int
    failures: list[str]


def run(cases: int, seed: int) -> dict[str, Any]:
    """At least so many cases in all, against a service of its own, in rounds with one seed each: with a secret key, and
    each time once with a publishable one."""
    begun, rounds = time.monotonic(), list[Found]()
    with tempfile.TemporaryDirectory() as folder:
        place = laid_out(Path(folder) / "home", agreement=ALL_KINDS, more={"ACCORD_TRUSTED_PROXIES": "127.0.0.1"})
        with serving(place):
            target = Target(f"http://127.0.0.1:{place.port}", described(place.port, Path(folder)))
            while (done := sum(found.cases for found in rounds)) < cases:
                examples = max(AT_LEAST, (cases - done) // 40)
                public = [f"Origin: {PAGE}", *_key(place.public)]
                rounds.append(schemathesis(target, _key(place.secret), examples, seed + len(rounds)))
                rounds.append(schemathesis(target, public, examples, seed + len(rounds), PUBLIC))
        failures = [failure for found in rounds for failure in found.failures] + server_errors(place.home)
    seconds = round(time.monotonic() - begun, 1)
    return {"cases": done, "failures": failures, "seed": seed, "seconds": seconds}


def server_errors(home: Path) -> list[str]:
    """Taken from the log, because a 503 of a disk that is slow at the moment is no fault, and every other 5xx is."""
    lines = [json.loads(line) for line in (home / "stderr").read_text().splitlines()]
    failed = [line for line in lines if line["event"] == "request" and line["status"] >= 500]
    told = [json.dumps(line) for line in failed if line["status"] != 503] + unexpected(home)
    return told + [f"{len(failed)} of {len(lines)} answered by 5xx"] * (len(failed) > len(lines) / 100)


def described(port: int, folder: Path) -> Path:
    """As it describes itself, but for the formats of fields that may be empty: an empty date is a date not given."""
    with urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=20) as answer:
        told = json.load(answer)
    for field in told["components"]["schemas"]["Form"]["properties"].values():
        if field.get("format") != "email":
            field.pop("format", None)
    description = folder / "openapi.json"
    description.write_text(json.dumps(told))
    return description


def _key(key: str) -> list[str]:
    return [f"Authorization: Bearer {key}"]


def schemathesis(target: Target, headers: Sequence[str], examples: int, seed: int, paths: Sequence[str] = ()) -> Found:
    """One run of its command; each example of an operation comes from another visitor's network, as far as it knows."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        str(target.description),
        "-u",
        target.url,
        "--phases",
        "coverage,fuzzing",
    ]
    command += ["--checks", ",".join(CHECKS), "-n", str(examples), "--seed", str(seed), "--continue-on-failure"]
    command += ["--generation-database", "none", "--no-color", "--warnings", "off", "--report", "json"]
    visitor = f"X-Forwarded-For: 10.{seed >> 16 & 255}.{seed >> 8 & 255}.{seed & 255}"
    command += [word for header in (*headers, visitor) for word in ("-H", header)]
    command += [word for path in paths for word in ("--include-path", path)]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command += ["--report-json-path", str(report)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if not report.exists():
            raise RuntimeError(f"Schemathesis did not run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        told = json.loads(report.read_text())
    wrong = [f"{one['code']} {one['title']}: {', '.join(one['operations'])}" for one in told["failures"]]
    return Found(told["test_cases"]["generated"], wrong + [str(error) for error in told["errors"]])
