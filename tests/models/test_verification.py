"""A damaged or hostile bundle is refused with a reason, and this process lives on."""

import json
from collections.abc import Callable

import pandas as pd
import pytest

from features.matrix import many, plan
from leads.agreement import Agreement
from leads.table import read_values
from models.boosting import TreesRecipe
from models.bundle import BundleRefused, bundle_files, digest, open_bundle, pack, unpack
from models.bundle_document import SUMS, with_sums
from models.logistic import LogisticRecipe
from models.scorer import Scorer
from models.verification import verified_files
from training.golden import golden_leads
from training.recipe import Recipe, fit_recipe

RECIPE = Recipe(LogisticRecipe(), TreesRecipe(rounds=10, min_data_in_leaf=10))
Files = dict[str, str]


@pytest.fixture
def files(leads: Callable[..., pd.DataFrame], agreement: Agreement) -> Files:
    table, fields = leads(400), agreement.form.fields
    values = read_values(table.astype(object), agreement).values
    features = plan(fields, "UTC")
    blend = fit_recipe(features, many(features, values), table["converted"].to_numpy(dtype=float), RECIPE)
    return bundle_files(Scorer(features, blend, "blend"), fields, "UTC", golden_leads(fields, values))


def verify(files: Files) -> Files:
    """As an author would pack them: with the sums of what they are now."""
    data = pack(with_sums({name: text for name, text in files.items() if name != SUMS}))
    return verified_files(data, digest(data))


def test_a_sound_bundle_passes_and_scores_as_before(files: Files, agreement: Agreement) -> None:
    again = open_bundle(verify(files), "conversion/3")
    assert again.model == "conversion/3"
    golden = json.loads(files["golden.json"])
    assert len(golden) == 8
    assert again.score({}).log_odds == pytest.approx(golden[0]["log_odds"], abs=1e-12)


def test_a_bundle_is_text_and_json_without_a_lead_of_the_table(files: Files) -> None:
    trees = {f"trees-{n}.txt" for n in range(1, 6)}
    assert set(files) == {"manifest.json", "golden.json", "logistic.json", "SHA256SUMS", *trees}
    assert "person1" not in pack(files).decode()


def test_other_bytes_than_the_saved_ones_are_refused(files: Files) -> None:
    data = pack(files)
    with pytest.raises(BundleRefused, match="SHA-256"):
        unpack(data + b" ", digest(data))


def test_one_changed_digit_that_no_invented_lead_would_notice_is_refused(files: Files) -> None:
    name = next(name for name in files if name.startswith("trees-"))
    place = files[name].index("leaf_value=") + 15
    other = files[name][:place] + ("1" if files[name][place] != "1" else "2") + files[name][place + 1 :]
    data = pack(files | {name: other})
    with pytest.raises(BundleRefused, match="SHA256SUMS"):
        verified_files(data, digest(data))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_model_text_is_refused(files: Files, share: float) -> None:
    text = files["trees-1.txt"]
    with pytest.raises(BundleRefused):
        verify(files | {"trees-1.txt": text[: int(len(text) * share)]})


@pytest.mark.parametrize(
    ("line", "other"),
    [("split_feature", "99"), ("left_child", "77"), ("right_child", "-99"), ("num_leaves", "4000000")],
)
def test_a_tree_that_points_nowhere_is_refused(files: Files, line: str, other: str) -> None:
    lines = files["trees-2.txt"].splitlines()
    place = next(place for place, text in enumerate(lines) if text.startswith(f"{line}="))
    numbers = lines[place].split("=")[1].split()
    lines[place] = f"{line}=" + " ".join([other, *numbers[1:]])
    with pytest.raises(BundleRefused):
        verify(files | {"trees-2.txt": "\n".join(lines)})


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("manifest.json", "{}", "read"),
        ("manifest.json", "[" * 9000, "read"),
        ("code.py", "import os", "no bundle has"),
        ("../golden.json", "[]", "no bundle has"),
        ("golden.json", '[{"lead": {}, "log_odds": 9}]', "invented lead 1"),
    ],
)
def test_hostile_files_are_refused_by_name_and_content(files: Files, name: str, text: str, says: str) -> None:
    with pytest.raises(BundleRefused, match=says):
        verify(files | {name: text})


def test_a_bundle_fitted_on_features_that_are_made_differently_now_is_refused(files: Files) -> None:
    manifest = json.loads(files["manifest.json"])
    manifest["features"][0][1] = "level" if manifest["features"][0][1] != "level" else "number"
    with pytest.raises(BundleRefused, match="train again"):
        verify(files | {"manifest.json": json.dumps(manifest)})
