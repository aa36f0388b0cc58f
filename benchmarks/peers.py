"""Well-known learners at their defaults, each behind one small adapter that gives it the table in the shape its own
documentation asks for. Nothing here is tuned."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler

from benchmarks.metrics import Floats
from benchmarks.protocols import TARGET, Leads, Step

Predict = Callable[[pd.DataFrame], Floats]


@dataclass(frozen=True)
class Machine:
    cores: int
    seed: int


@dataclass(frozen=True)
class Scored:
    probability: Floats
    fit_seconds: float
    scored_by: str | None = None  # the rung that Accord chose


class ContenderError(Exception):
    """It ran and broke; str() is one line that stands in its row of the table."""


@dataclass(frozen=True)
class Contender:
    name: str
    missing: str | None  # why it cannot run here ("not installed"), None when it can
    score: Callable[[Step], Scored]


def numbers_of(values: pd.DataFrame) -> list[str]:
    return [str(name) for name in values.columns if pd.api.types.is_numeric_dtype(values[name])]


def words_of(values: pd.DataFrame) -> list[str]:
    return [str(name) for name in values.columns if not pd.api.types.is_numeric_dtype(values[name])]


def with_text(values: pd.DataFrame) -> pd.DataFrame:
    """Words as text, an empty cell as a level of its own; numbers untouched."""
    words = words_of(values)
    return values.assign(**{name: values[name].astype(object).where(values[name].notna(), "") for name in words})


def with_levels(values: pd.DataFrame) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Words as categories of the levels seen in `values`; a level first seen later becomes missing."""
    seen = {name: pd.CategoricalDtype(sorted(values[name].dropna().unique())) for name in words_of(values)}
    return lambda rows: rows.astype(seen)


def predict_with(model: Any, shape: Callable[[pd.DataFrame], pd.DataFrame]) -> Predict:
    def predict(rows: pd.DataFrame) -> Floats:
        answer = model.predict_proba(shape(rows))
        return np.asarray(answer, dtype=np.float64)[:, 1]

    return predict


def fit_naive_bayes(train: Leads, machine: Machine) -> Predict:
    bins = KBinsDiscretizer(10, encode="onehot-dense", quantile_method="averaged_inverted_cdf")
    shape = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words_of(train.values)),
        (make_pipeline(SimpleImputer(strategy="median"), bins), numbers_of(train.values)),
    )
    model = make_pipeline(shape, BernoulliNB()).fit(with_text(train.values), train.converted)
    return predict_with(model, with_text)


def fit_logistic(train: Leads, machine: Machine) -> Predict:
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    shape = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), words_of(train.values)), (numbers, numbers_of(train.values))
    )
    model = make_pipeline(shape, LogisticRegression(max_iter=1000)).fit(with_text(train.values), train.converted)
    return predict_with(model, with_text)


def fit_lightgbm(train: Leads, machine: Machine) -> Predict:
    shape = with_levels(train.values)
    model = LGBMClassifier(n_jobs=machine.cores, random_state=machine.seed, verbose=-1)
    return predict_with(model.fit(shape(train.values), train.converted), shape)


def fit_hist_gradient_boosting(train: Leads, machine: Machine) -> Predict:
    levels = with_levels(train.values)
    wide = [name for name in words_of(train.values) if train.values[name].nunique() > 255]  # more than it takes

    def shape(rows: pd.DataFrame) -> pd.DataFrame:
        rows = levels(rows)
        return rows.assign(**{name: rows[name].cat.codes.astype(float) for name in wide})

    model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=machine.seed)
    return predict_with(model.fit(shape(train.values), train.converted), shape)


def fit_xgboost(train: Leads, machine: Machine) -> Predict:
    from xgboost import XGBClassifier

    shape = with_levels(train.values)
    model = XGBClassifier(enable_categorical=True, n_jobs=machine.cores, random_state=machine.seed)
    return predict_with(model.fit(shape(train.values), train.converted), shape)


def fit_catboost(train: Leads, machine: Machine) -> Predict:
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(
        cat_features=words_of(train.values),
        thread_count=machine.cores,
        random_seed=machine.seed,
        allow_writing_files=False,
        verbose=False,
    )
    return predict_with(model.fit(with_text(train.values), train.converted), with_text)


def fit_autogluon(train: Leads, machine: Machine) -> Predict:
    from autogluon.tabular import TabularPredictor

    folder = tempfile.TemporaryDirectory()  # lives as long as the answer below holds it
    model = TabularPredictor(TARGET, eval_metric="log_loss", path=folder.name, verbosity=0).fit(
        train.values.assign(**{TARGET: train.converted.astype(int)}),
        presets="good_quality",
        time_limit=120,
        num_cpus=machine.cores,
    )

    def predict(rows: pd.DataFrame, folder: tempfile.TemporaryDirectory[str] = folder) -> Floats:
        return np.asarray(model.predict_proba(rows)[1], dtype=np.float64)

    return predict


def timed(module: str, fit: Callable[[Leads, Machine], Predict], step: Step, machine: Machine) -> Scored:
    import_module(module)  # a library's start is not part of its fit
    begun = time.perf_counter()
    predict = fit(step.train, machine)
    seconds = time.perf_counter() - begun
    return Scored(predict(step.test.values), seconds)


def peer(name: str, module: str, fit: Callable[[Leads, Machine], Predict], machine: Machine) -> Contender:
    missing = None if find_spec(module) else "not installed"
    return Contender(name, missing, lambda step: timed(module, fit, step, machine))


def peers(machine: Machine) -> list[Contender]:
    return [
        peer("naive Bayes", "sklearn", fit_naive_bayes, machine),
        peer("logistic", "sklearn", fit_logistic, machine),
        peer("LightGBM", "lightgbm", fit_lightgbm, machine),
        peer("HistGradientBoosting", "sklearn", fit_hist_gradient_boosting, machine),
        peer("XGBoost", "xgboost", fit_xgboost, machine),
        peer("CatBoost", "catboost", fit_catboost, machine),
        peer(
            "AutoGluon good_quality 120 s",
            "autogluon.tabular" if find_spec("autogluon") else "autogluon",
            fit_autogluon,
            machine,
        ),
    ]


def constant(step: Step, rate: float) -> Scored:
    return Scored(np.full(len(step.test), rate), 0.0)


def references() -> list[Contender]:
    """What needs no learner: the rate known at the time, of all rows before and of the last 5 % of the table."""
    return [
        Contender("all-time rate", None, lambda step: constant(step, float(step.train.converted.mean()))),
        Contender(
            "rate of the last 5 %",
            None,
            lambda step: constant(step, float(step.train.converted[-step.recent :].mean())),
        ),
    ]
