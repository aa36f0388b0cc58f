"""Additive logistic regression: one curve for each number, one weight for each level.

The fitted thing needs no library but NumPy and can be read by a person: every term says how much log-odds a value
adds, measured from the average lead of the training table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.encoder import Array, Encoder, LevelColumn, NumberColumn
from models.likelihood import derivatives, losses

if TYPE_CHECKING:
    from scipy.sparse import csr_array, sparray

# Settings that hold for every table; what varies (`LogisticRecipe`) is chosen by the audition.
KNOTS = 8
ITERATIONS = 300
TOLERANCE = 1e-4


@dataclass(frozen=True)
class LogisticRecipe:
    """`inverse_penalty` is C of the L2 penalty; `bend` in (0, 1] how cheap it is for a number's curve to leave the
    straight line. `towards_scorecard`: the penalty draws the agreement's rules towards their points instead of towards
    nothing, so that what few leads cannot tell stays as people agreed it."""

    inverse_penalty: float = 0.3
    bend: float = 1.0
    towards_scorecard: bool = False


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
class Called:
    """What is added to each column's term where sales follows up, as the column of that place says."""

    place: int
    terms: tuple[Term, ...]

    def contributions(self, X: Array) -> Array:
        return np.where(X[:, [self.place]] == 1, _added(self.terms, X), 0.0)


@dataclass(frozen=True)
class Logistic:
    """log-odds = base + the sum of the terms; each term is centred on the training table."""

    base: float
    terms: tuple[Term, ...]
    called: Called | None = None

    def contributions(self, X: Array) -> Array:
        """Shape (leads, columns), in log-odds."""
        added = _added(self.terms, X)
        return added if self.called is None else added + self.called.contributions(X)

    def log_odds(self, X: Array) -> Array:
        return np.asarray(self.base + self.contributions(X).sum(axis=1))

    def to_json(self) -> dict[str, object]:
        told: dict[str, object] = {"base": self.base, "terms": [_term_to_json(term) for term in self.terms]}
        if self.called is not None:
            terms = [_term_to_json(term) for term in self.called.terms]
            told["called"] = {"place": self.called.place, "terms": terms}
        return told

    @staticmethod
    def from_json(document: Mapping[str, object]) -> Logistic:
        base, terms, called = document["base"], document["terms"], document.get("called")
        if not isinstance(base, float | int) or not isinstance(terms, list):
            raise TypeError("a logistic document holds a number `base` and a list `terms`")
        return Logistic(float(base), tuple(map(_term_from_json, terms)), _called_from_json(called))


def _added(terms: Sequence[Term], X: Array) -> Array:
    added = np.empty((len(X), len(terms)))
    for place, term in enumerate(terms):
        added[:, place] = term(X[:, place])
    return added


def fit_logistic(
    encoder: Encoder,
    X: Array,
    y: Array,
    recipe: LogisticRecipe,
    weight: Array | None = None,
    maturity: Array | None = None,
) -> Logistic:
    """Least penalised log loss of `y` in {0, 1}; `weight` is for recency, never for class. With `maturity`, F(age) of
    each lead, the loss is that of labels that wait."""
    return LogisticDesign(encoder, X, recipe.bend).fit(y, recipe, weight, maturity)


class LogisticDesign:
    """The design matrix of one table, kept so that several penalties can be tried on it. Where it is known who followed
    up, all else stands in it once more for the leads that sales did, since a call helps some more than others."""

    def __init__(self, encoder: Encoder, X: Array, bend: float) -> None:
        from scipy import sparse  # comes with LightGBM

        self._bases = [_basis(column, X[:, place], bend) for place, column in enumerate(encoder.columns)]
        blocks = [basis.expand(X[:, place]) for place, basis in enumerate(self._bases)]
        self._action = encoder.action
        if self._action is not None:
            self._called = (X[:, self._action] == 1).astype(np.float64)
            once_more = sparse.hstack([block for place, block in enumerate(blocks) if place != self._action])
            blocks.append(sparse.diags_array(self._called) @ once_more)
        self._rows = sparse.csr_array(sparse.hstack(blocks))

    def fit(self, y: Array, recipe: LogisticRecipe, weight: Array | None, maturity: Array | None = None) -> Logistic:
        """The recipe's bend is the design's."""
        if maturity is None and not recipe.towards_scorecard:
            coefficients, base = _least_log_loss(self._rows, y, recipe.inverse_penalty, weight)
        else:
            known, centre = np.ones(len(y)) if maturity is None else maturity, self._centre(recipe.towards_scorecard)
            coefficients, base = _least_waiting_loss(self._rows, y, recipe.inverse_penalty, weight, known, centre)
        means, width = np.asarray(self._rows.mean(axis=0)).ravel(), sum(basis.width for basis in self._bases)
        terms, shift = _terms(self._bases, coefficients[:width], means[:width])
        return Logistic(base + shift, tuple(terms), self._if_called(coefficients[width:], means[width:]))

    def _centre(self, towards_scorecard: bool) -> Array:
        """Where the penalty draws the coefficients to."""
        agreed = [basis.agreed if isinstance(basis, RuleBasis) else 0.0 for basis in self._bases]
        drawn = np.repeat(agreed, [basis.width for basis in self._bases]) * towards_scorecard
        return np.append(drawn, np.zeros(self._rows.shape[1] - len(drawn)))

    def _if_called(self, coefficients: Array, means: Array) -> Called | None:
        """Centred on the leads that were called; what their mean adds is the action's own."""
        if self._action is None:
            return None
        others = [basis for place, basis in enumerate(self._bases) if place != self._action]
        terms, shift = _terms(others, coefficients, means / max(float(self._called.mean()), 1 / len(self._called)))
        terms.insert(self._action, Curve(np.ones(1), np.array([shift]), 0.0))
        return Called(self._action, tuple(terms))


def _terms(bases: Sequence[Basis], coefficients: Array, means: Array) -> tuple[list[Term], float]:
    """Each centred, and what the means add."""
    terms, start, total = list[Term](), 0, 0.0
    for basis in bases:
        own = slice(start, start + basis.width)
        shift = float(means[own] @ coefficients[own])
        terms.append(basis.term(coefficients[own], shift))
        total, start = total + shift, start + basis.width
    return terms, total


def _least_log_loss(rows: csr_array, y: Array, inverse_penalty: float, weight: Array | None) -> tuple[Array, float]:
    """Coefficients and intercept."""
    from sklearn.linear_model import LogisticRegression  # only where models are trained

    model = LogisticRegression(C=inverse_penalty, max_iter=ITERATIONS, tol=TOLERANCE)
    model.fit(rows, y, sample_weight=weight)
    return model.coef_[0], float(model.intercept_[0])


def _least_waiting_loss(
    rows: csr_array, y: Array, inverse_penalty: float, weight: Array | None, maturity: Array, centre: Array
) -> tuple[Array, float]:
    """The same for labels that wait, and for a penalty that draws towards `centre`, by the same steps; the intercept
    comes last and is not penalised."""
    from scipy.optimize import minimize

    share = np.full(len(y), 1 / len(y)) if weight is None else weight / weight.sum()
    penalty = 1 / (inverse_penalty * (len(y) if weight is None else weight.sum()))

    def loss(point: Array) -> tuple[float, Array]:
        away, log_odds = point[:-1] - centre, rows @ point[:-1] + point[-1]
        slope = share * derivatives(y, log_odds, maturity).gradient
        total = float(share @ losses(y, log_odds, maturity) + penalty * (away @ away) / 2)
        return total, np.append(rows.T @ slope + penalty * away, slope.sum())

    options: Any = {"maxiter": ITERATIONS, "gtol": TOLERANCE, "ftol": 64 * np.finfo(float).eps}
    found = minimize(loss, np.append(centre, 0.0), jac=True, method="L-BFGS-B", options=options)
    return found.x[:-1], float(found.x[-1])


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


@dataclass(frozen=True)
class RuleBasis:
    """1 where the agreement's rule holds; one that cannot be told does not."""

    agreed: float
    width: int = 1

    def expand(self, x: Array) -> sparray:
        from scipy import sparse

        return sparse.csr_array(np.nan_to_num(x)[:, None])

    def term(self, coefficients: Array, shift: float) -> Curve:
        return Curve(np.array([0.0, 1.0]), np.array([0.0, coefficients[0]]) - shift, -shift)


Basis = LevelBasis | CurveBasis | RuleBasis


def _basis(column: object, x: Array, bend: float) -> Basis:
    if isinstance(column, LevelColumn):
        return LevelBasis(column.width)
    if isinstance(column, NumberColumn) and column.agreed is not None:
        return RuleBasis(column.agreed)
    seen = x[~np.isnan(x)]
    if len(seen) == 0:
        return CurveBasis(np.zeros(1), 0.0, 1.0, bend)
    knots = np.unique(np.quantile(seen, np.linspace(0, 1, KNOTS + 1)))
    return CurveBasis(knots, float(seen.mean()), float(seen.std()) or 1.0, bend)


def _called_from_json(document: object) -> Called | None:
    if not isinstance(document, Mapping):
        return None
    return Called(int(document["place"]), tuple(map(_term_from_json, document["terms"])))


def _term_to_json(term: Term) -> dict[str, object]:
    if isinstance(term, Weights):
        return {"levels": term.values.tolist()}
    return {"knots": term.knots.tolist(), "values": term.values.tolist(), "missing": term.missing}


def _term_from_json(term: Mapping[str, Sequence[float]]) -> Term:
    if "levels" in term:
        return Weights(np.array(term["levels"], dtype=np.float64))
    knots, values = (np.array(term[name], dtype=np.float64) for name in ("knots", "values"))
    return Curve(knots, values, float(term["missing"]))  # type: ignore[arg-type]  # a number, unlike its neighbours
