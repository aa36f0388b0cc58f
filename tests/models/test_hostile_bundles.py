"""Damaged and hostile bundles never end the process, run code or change a score: they are refused."""

from pathlib import Path

import pytest

from benchmarks.hostile_bundles import hostile_documents, mutated_bytes, mutated_files, outcome_of
from models.bundle import BundleRefused, digest, open_bundle, pack
from models.verification import verified_files
from tests.bundles import trained
from tests.serving.conftest import AGREEMENT

SEED = 20261122


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return trained(AGREEMENT)


def test_a_sound_bundle_passes_the_same_way(files: dict[str, str]) -> None:
    assert outcome_of(pack(files), open_bundle(files, None)) == "equal"


def test_bytes_damaged_where_they_are_kept_are_refused_by_their_hash(files: dict[str, str]) -> None:
    data = pack(files)
    for _, mutated in mutated_bytes(data, 200, SEED):
        with pytest.raises(BundleRefused, match="SHA-256"):
            verified_files(mutated, digest(data))


def test_damaged_bytes_under_a_new_hash_are_refused(files: dict[str, str]) -> None:
    """The hash of the ledger cannot help here, since it was made of the damaged bytes."""
    scorer = open_bundle(files, None)
    for name, mutated in mutated_bytes(pack(files), 30, SEED + 1):
        assert outcome_of(mutated, scorer) in ("refused", "equal"), name


def test_damaged_files_under_new_sums_are_refused_or_score_alike(files: dict[str, str]) -> None:
    """As if an author had packed them: what is still a model passes only with the scores that it says it has."""
    for name, mutated in mutated_files(files, 8, SEED + 2):
        try:
            verified_files(mutated, digest(mutated))
        except BundleRefused:
            continue
        assert name


def test_hostile_documents_are_refused_and_run_nothing(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    canary = tmp_path / "canary"
    for name, data in hostile_documents(files, canary):
        with pytest.raises(BundleRefused):
            verified_files(data, digest(data))
        assert not canary.exists(), name
    assert list(tmp_path.iterdir()) == []
