"""How marketing nurtures a lead: the first of the agreement's tracks that fits it."""

from collections.abc import Mapping

from leads.agreement import Marketing
from leads.conditions import meet_all
from leads.fields import Value
from leads.lead import Band

ONLY = "nurture"
"""The track of an agreement that names none, and of leads that none of its tracks fits."""


def track_of(marketing: Marketing, values: Mapping[str, Value], band: Band) -> str:
    fitting = (
        name
        for name, track in marketing.tracks.items()
        if (not track.bands or band in track.bands) and meet_all(values, track.when)
    )
    return next(fitting, ONLY)
