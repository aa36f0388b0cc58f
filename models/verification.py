"""Lets a bundle near the service only after a throw-away child process has opened it and scored its golden leads.

LightGBM's reader of model texts ends the process on many damaged files, so the first reading must not happen in a
process that answers forms.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import subprocess
import sys

from models.bundle_check import check_files
from models.bundle_document import BundleRefused, Files, check_bytes, digest, unpack

SECONDS = 4
"""Of the processor, for the work itself: a good bundle needs a tenth of it. Seconds of the clock would refuse it on a
busy machine."""
START_SECONDS = 30
MEMORY = 2 * 1024**3
TOLERANCE = 1e-9
SECRETS = ("ACCORD_", "MLFLOW_", "AWS_", "PG")

_verified: set[str] = set()


def verified_files(data: bytes, sha256: str) -> Files:
    """The bundle's files once they have passed, checked in a child once for each hash and process; BundleRefused says
    why they did not. Until then this process reads nothing of them but their hash."""
    check_bytes(data, sha256)
    if sha256 not in _verified:
        _verify_in_child(data)
        _verified.add(sha256)
    return unpack(data, sha256)


def _verify_in_child(data: bytes) -> None:
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", "models.verification"],
            input=data,
            capture_output=True,
            timeout=START_SECONDS,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise BundleRefused(f"checking it took more than {START_SECONDS} seconds") from None
    if child.returncode == 0:
        return
    told = child.stderr.decode(errors="replace").strip().splitlines()
    known = told[-1].removeprefix("refused: ") if told and told[-1].startswith("refused: ") else ""
    if child.returncode == -signal.SIGXCPU:
        raise BundleRefused(f"opening it took more than {SECONDS} seconds")
    raise BundleRefused(known or f"opening it ended the checking process ({child.returncode})")


def _environment() -> dict[str, str]:
    """What Python needs to start and no secret; one thread, since several would only ask for more memory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
    return kept | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _check_golden(files: Files) -> None:
    import lightgbm  # noqa: F401  before the limit: starting it takes longer than the work itself

    from models.bundle import golden_leads, open_bundle

    _limit_time()
    scorer = open_bundle(files, None)
    for place, golden in enumerate(golden_leads(files), start=1):
        found = scorer.score(golden.values)
        if not (_same(found.log_odds, golden.log_odds) and _same(found.p_nurture, golden.p_nurture)):
            raise BundleRefused(f"invented lead {place} does not get the score it was saved with")


def _same(found: float | None, saved: float | None) -> bool:
    """Not where either is no number."""
    if found is None or saved is None:
        return found is saved
    return abs(found) < math.inf and abs(found - saved) <= TOLERANCE


def _limit_time() -> None:
    """The kernel ends the process, also where it hangs in LightGBM's own code."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + SECONDS, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _limit_harm() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (0, 0))


def _main() -> int:
    _limit_harm()
    _limit_time()
    try:
        data = sys.stdin.buffer.read()
        files = unpack(data, digest(data))
        check_files(files)
        _check_golden(files)
    except BundleRefused as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 1
    except Exception as error:  # whatever a hostile text leads to, its place says nothing to the one who reads this
        print(f"refused: it cannot be read ({type(error).__name__})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
