"""G1: does the challenger predict better, or as well? By log loss, paired lead by lead."""

from __future__ import annotations

from training.gates import bootstrap, sequence
from training.gates.gate import Gate
from training.gates.window import Window, refused, unusable

MAY_BE_WORSE, SHARE = 0.002, 0.01
"""By which a refresh of the champion's own recipe may turn out worse: nats a lead, or the share of the champion's loss
where that is more. With .002 alone nine of ten refreshes of a small company were refused, six of them better."""


def superior(window: Window, resamples: int = bootstrap.RESAMPLES) -> Gate:
    """For a new recipe, once: nobody may have looked at one against this champion by these leads before."""
    if why := unusable(window):
        return refused("prediction", why, window)
    return _judged(window, bootstrap.lower_bound(window.gains, window.person, resamples), 0.0)


def superior_at_any_look(window: Window) -> Gate:
    """For a new recipe that is looked at repeatedly."""
    if why := unusable(window):
        return refused("prediction", why, window)
    return _judged(window, sequence.lower_bound(window.gains_per_person.values), 0.0)


def not_worse(window: Window, resamples: int = bootstrap.RESAMPLES) -> Gate:
    """For the champion's own recipe, fitted on newer leads."""
    if why := unusable(window):
        return refused("prediction", why, window)
    bearable = max(MAY_BE_WORSE, SHARE * float(window.loss(window.champion).mean()))
    return _judged(window, bootstrap.lower_bound(window.gains, window.person, resamples), -bearable)


def _judged(window: Window, lower: float, needed: float) -> Gate:
    champion, challenger = (float(window.loss(scores).mean()) for scores in (window.champion, window.challenger))
    passed = lower > needed
    numbers = {
        "leads": float(window.leads),
        "conversions": float(window.conversions),
        "champion_log_loss": champion,
        "challenger_log_loss": challenger,
        "gain": champion - challenger,
        "lower_bound": lower,
        "needed": needed,
    }
    return Gate("prediction", passed, f"{_compared(window, champion, challenger)} {_bounded(lower, needed)}", numbers)


def _compared(window: Window, champion: float, challenger: float) -> str:
    way = "better" if challenger < champion else "worse"
    return (
        f"On {window.leads:,} leads new to both models, {window.conversions:,} of them converted, the challenger's "
        f"error (log loss) is {challenger:.4f} and the champion's {champion:.4f}: "
        f"{abs(champion - challenger):.4f} {way}."
    )


def _bounded(lower: float, needed: float) -> str:
    if lower == float("-inf"):
        return f"That is too few people to say more; the first look is at {sequence.FIRST_LOOK}."
    sure = f"With 95 % certainty it is better by at least {lower:.4f}" if lower > 0 else _may_be_worse(lower)
    if needed < 0:
        allowed = f"{-needed:.4f} is allowed where the champion's own recipe learns from newer leads"
        return f"{sure}; {allowed}."
    return f"{sure}." if lower > needed else f"{sure}; a new recipe must be better for certain."


def _may_be_worse(lower: float) -> str:
    return f"With 95 % certainty no more can be said than that it is worse by at most {-lower:.4f}"
