"""Additive logistic regression: one curve for each number, one weight for each level.

The fitted thing needs no library but NumPy and can be read by a person: every term says how much log-odds a value
adds, measured from the average lead of the training table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.encoder import Array, Encoder, LevelColumn

if TYPE_CHECKING:
    from scipy.sparse import sparray

# Settings that hold for every table; what varies (`LogisticRecipe`) is chosen by the audition.
KNOTS = 8
ITERATIONS = 300


@dataclass(frozen=True)
class LogisticRecipe:
    """`inverse_penalty` is C of the L2 penalty; `bend` in (0, 1] how cheap it is for a number's curve to leave the
    straight line."""

    inverse_penalty: float = 0.3
    bend: float = 1.0


@dataclass(frozen=True)
class Curve:
    """Log-odds of a number: straight lines between knots, flat beyond the outermost, one value for missing."""

    knots: Array
    values: Array
    missing: float

    def __call__(self, x: Array) -> Array:
        return np.where(np.isnan(x), self.missing, np.interp(x, self.knots, self.values))


@dataclass(frozen=True)
class Weights:
    """Log-odds of a level, by its code."""

    values: Array

    def __call__(self, codes: Array) -> Array:
        return self.values[codes.astype(np.intp)]


Term = Curve | Weights


@dataclass(frozen=True)
class Logistic:
    """log-odds = base + the sum of the terms; each term is centred on the training table."""

    base: float
    terms: tuple[Term, ...]

    def contributions(self, X: Array) -> Array:
        """Shape (leads, columns), in log-odds."""
        added = np.empty((len(X), len(self.terms)))
        for place, term in enumerate(self.terms):
            added[:, place] = term(X[:, place])
        return added

    def log_odds(self, X: Array) -> Array:
        return np.asarray(self.base + self.contributions(X).sum(axis=1))

    def to_json(self) -> dict[str, object]:
        return {"base": self.base, "terms": [_term_to_json(term) for term in self.terms]}

    @staticmethod
    def from_json(document: Mapping[str, object]) -> Logistic:
        base, terms = document["base"], document["terms"]
        if not isinstance(base, float | int) or not isinstance(terms, list):
            raise TypeError("a logistic document holds a number `base` and a list `terms`")
        return Logistic(float(base), tuple(_term_from_json(term) for term in terms))


def fit_logistic(encoder: Encoder, X: Array, y: Array, recipe: LogisticRecipe, weight: Array | None = None) -> Logistic:
    """Least penalised log loss of `y` in {0, 1}; `weight` is for recency, never for class."""
    return LogisticDesign(encoder, X, recipe.bend).fit(y, recipe.inverse_penalty, weight)


class LogisticDesign:
    """The design matrix of one table, kept so that several penalties can be tried on it."""

    def __init__(self, encoder: Encoder, X: Array, bend: float) -> None:
        from scipy import sparse  # comes with LightGBM

        self._bases = [_basis(column, X[:, place], bend) for place, column in enumerate(encoder.columns)]
        blocks = [basis.expand(X[:, place]) for place, basis in enumerate(self._bases)]
        self._rows = sparse.csr_array(sparse.hstack(blocks))

    def fit(self, y: Array, inverse_penalty: float, weight: Array | None) -> Logistic:
        from sklearn.linear_model import LogisticRegression  # only where models are trained

        model = LogisticRegression(C=inverse_penalty, max_iter=ITERATIONS, tol=1e-4)
        model.fit(self._rows, y, sample_weight=weight)
        coefficients, base, terms, start = model.coef_[0], float(model.intercept_[0]), [], 0
        means = np.asarray(self._rows.mean(axis=0)).ravel()
        for basis in self._bases:
            own = slice(start, start + basis.width)
            shift = float(means[own] @ coefficients[own])
            terms.append(basis.term(coefficients[own], shift))
            base, start = base + shift, start + basis.width
        return Logistic(base, tuple(terms))


@dataclass(frozen=True)
class LevelBasis:
    """One indicator for each code."""

    width: int

    def expand(self, codes: Array) -> sparray:
        from scipy import sparse

        rows = np.arange(len(codes) + 1)
        return sparse.csr_array((np.ones(len(codes)), codes.astype(np.intp), rows), shape=(len(codes), self.width))

    def term(self, coefficients: Array, shift: float) -> Weights:
        return Weights(coefficients - shift)


@dataclass(frozen=True)
class CurveBasis:
    """Indicator of missing, the straight line in standard deviations, and one hat for each knot."""

    knots: Array
    centre: float
    scale: float
    bend: float

    @property
    def width(self) -> int:
        return 2 + len(self.knots)

    def expand(self, x: Array) -> sparray:
        from scipy import sparse

        missing = np.isnan(x)
        within = np.clip(np.where(missing, self.centre, x), self.knots[0], self.knots[-1])
        hats = [np.interp(within, self.knots, hat) for hat in np.eye(len(self.knots))]
        seen = np.column_stack([(within - self.centre) / self.scale, *(self.bend * hat for hat in hats)])
        return sparse.csr_array(np.column_stack([missing, seen * ~missing[:, None]]))

    def term(self, coefficients: Array, shift: float) -> Curve:
        line = coefficients[1] * (self.knots - self.centre) / self.scale
        return Curve(self.knots, line + self.bend * coefficients[2:] - shift, float(coefficients[0]) - shift)


def _basis(column: object, x: Array, bend: float) -> LevelBasis | CurveBasis:
    if isinstance(column, LevelColumn):
        return LevelBasis(column.width)
    seen = x[~np.isnan(x)]
    if len(seen) == 0:
        return CurveBasis(np.zeros(1), 0.0, 1.0, bend)
    knots = np.unique(np.quantile(seen, np.linspace(0, 1, KNOTS + 1)))
    return CurveBasis(knots, float(seen.mean()), float(seen.std()) or 1.0, bend)


def _term_to_json(term: Term) -> dict[str, object]:
    if isinstance(term, Weights):
        return {"levels": term.values.tolist()}
    return {"knots": term.knots.tolist(), "values": term.values.tolist(), "missing": term.missing}


def _term_from_json(term: Mapping[str, Sequence[float]]) -> Term:
    if "levels" in term:
        return Weights(np.array(term["levels"], dtype=np.float64))
    knots, values = (np.array(term[name], dtype=np.float64) for name in ("knots", "values"))
    return Curve(knots, values, float(term["missing"]))  # type: ignore[arg-type]  # a number, unlike its neighbours
