"""What only serves must not need what only trains."""

import subprocess
import sys

WITHOUT_TRAINING = """
import sys
for absent in ("sklearn", "mlflow", "optuna", "matplotlib", "threadpoolctl"):
    sys.modules[absent] = None  # importing it raises ImportError, as where it is not installed
import leads.check, features.matrix, models.commands, models.batch, models.champion, models.verification
import serving.app, serving.commands
"""


def test_serving_and_scoring_load_without_the_training_libraries() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_TRAINING], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
