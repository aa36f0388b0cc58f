"""The view of the experiment's page that `accord mlflow` opens: MLflow by itself shows no metric in its list, and puts
its charts in the order of the alphabet. Kept in the experiment the way MLflow's own pages keep a saved view."""

import json
import time

NAME = "accord"
HEADLINES = ("log_loss", "brier", "roc_auc", "pr_auc", "ece", "lift_at_10pct", "precision_at_capacity")
SHOWN_FIRST = ("log_loss", "roc_auc")
COLUMNS = (
    *(f"metrics.`{name}`" for name in SHOWN_FIRST),
    "attributes.`Models`",  # only a winner has one
    "attributes.`Dataset`",
    *(f"metrics.`{name}`" for name in HEADLINES if name not in SHOWN_FIRST),
    "metrics.`newest/log_loss`",
    "tags.`winner`",
)
# A card has room for four axes; the last one, which colours the lines, is what decides.
AXES = ("roc_auc", "lift_at_10pct", "ece", "log_loss")
# One colour a family in every chart; MLflow would give each run another one.
COLOURS = {
    "base rate": "#a3adb8",
    "scorecard": "#8a6d3b",
    "champion": "#b8860b",
    "logistic": "#d9731a",
    "trees": "#2e8b57",
    "blend": "#1f5fa8",
}
SECTIONS = ("Model metrics", "newest")  # named by MLflow: metrics without a prefix, and those with this one


def saved_view() -> dict[str, str]:
    """The tag to put on the experiment; the page is asked for it by viewStateShareKey=NAME."""
    now = int(time.time() * 1000)
    kept = {"name": "Candidates of each training", "createdAt": now, "updatedAt": now, "state": json.dumps(_state())}
    return {f"mlflow.sharedViewState.{NAME}": json.dumps(kept)}


def _state() -> dict[str, object]:
    return {
        "selectedColumns": COLUMNS,
        "columnOrder": COLUMNS,
        "runsHiddenMode": "FIRST_20_RUNS",
        "compareRunSections": [
            {"uuid": name, "name": name, "display": True, "isReordered": True, "deleted": False, "isGenerated": True}
            for name in SECTIONS
        ],
        "compareRunCharts": [_side_by_side(), *(_chart(name) for name in HEADLINES)],
        "isAccordionReordered": True,
    }


def _side_by_side() -> dict[str, object]:
    """Parallel coordinates: a line a run."""
    return {
        "type": "PARALLEL",
        "uuid": "side-by-side",
        "displayName": "A line a run",
        "metricSectionId": SECTIONS[0],
        "selectedParams": [],
        "selectedMetrics": AXES,
        "showAllRuns": False,
        "runsCountToCompare": 20,
        "isGenerated": False,
        "deleted": False,
    }


def _chart(metric: str) -> dict[str, object]:
    return {
        "type": "BAR",
        "uuid": metric,
        "metricKey": metric,
        "displayName": metric,
        "metricSectionId": SECTIONS[0],
        "runsCountToCompare": 10,
        "isGenerated": True,
        "deleted": False,
    }
