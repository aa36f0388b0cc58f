"""What a call adds to a lead's chance, in words; the chance itself is that under follow-up by sales."""

from leads.lead import Score

LEAST_POINTS = 0.05
"""Less is told as nothing: it would be 0.0."""


def call_adds(score: Score) -> str | None:
    """None where the model does not know."""
    if score.p_nurture is None:
        return None
    points = 100 * (score.probability - score.p_nurture)
    adds = f"{points:.1f} points" if points >= LEAST_POINTS else "nothing"
    return f"a call adds {adds}: without one it is {100 * score.p_nurture:.1f} %"
