"""What a result needs beside it to be believed and repeated."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("accord", "numpy", "pandas", "scikit-learn", "lightgbm", "xgboost-cpu", "catboost", "autogluon.tabular")


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def provenance(cores: int, seed: int, packages: tuple[str, ...] = PACKAGES) -> dict[str, object]:
    return {
        "commit": git("rev-parse", "HEAD") or None,
        "uncommitted_changes": bool(git("status", "--porcelain")),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "versions": {package: version_of(package) for package in packages},
        "machine": f"{platform.system()} {platform.machine()}",
        "machine_cores": os.cpu_count(),
        "cores_used": cores,
        "seed": seed,
    }
