"""What `mlflow.pyfunc.load_model` runs for a registered model: the bundle scores a table of leads, which is read as
`accord score` reads it. This file is copied beside each bundle; Accord itself must be installed."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

NEEDS_ACCORD = (
    "This model is scored by Accord, which is not installed in this Python. Install the checkout that trained it (its"
    " commit is the tag `git_commit` of the model's run): pip install -e CHECKOUT"
)


class Conversion(PythonModel):  # type: ignore[misc]  # mlflow brings no types
    def load_context(self, context: Any) -> None:
        """Checks the bundle in a throw-away process, as every service does before it scores."""
        try:
            from leads.agreement import Agreement
            from models.bundle import BundleRefused, digest, open_bundle, pack
            from models.verification import verified_files
        except ImportError as error:
            raise ImportError(NEEDS_ACCORD) from error
        folder = Path(context.artifacts["bundle"])
        data = pack({path.name: path.read_bytes().decode() for path in folder.iterdir()})
        facts = json.loads(Path(context.artifacts["facts"]).read_text(encoding="utf-8"))
        self.agreement = Agreement.model_validate_json(json.dumps(facts["agreement"]))
        try:
            self.scorer = open_bundle(verified_files(data, digest(data)), facts["model"])
        except BundleRefused as refused:
            raise ValueError(f"The model may not score: {refused}.") from None

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        """Row for row, under the index of the input: its columns are those of a table of past leads, and what the form
        does not ask is left out of account."""
        from leads.table import read_values
        from models.policy import band

        scores = self.scorer.score_table(read_values(model_input, self.agreement).values)
        bands = [band(one, self.agreement.routing.bands) for one in scores.probability.tolist()]
        columns = {"probability": scores.probability, "log_odds": scores.explained.log_odds, "band": bands}
        return pd.DataFrame(columns, index=model_input.index)


set_model(Conversion())
