"""The tracks on which marketing nurtures leads: the first that fits is taken."""

from leads.contradictions.condition import condition
from leads.contradictions.place import Found
from leads.sections import Agreement


def tracks(agreement: Agreement) -> Found:
    said = agreement.marketing.tracks
    for number, (name, track) in enumerate(said.items()):
        where = ("marketing", "tracks", name)
        for key, wanted in track.when.items():
            if fault := condition(agreement, key, wanted):
                yield (*where, "when", key), f"marketing.tracks.{name}.when.{key} {fault}"
        if not track.when and not track.bands and number < len(said) - 1:
            shown = f"marketing.tracks.{name} has neither `when` nor `bands`"
            yield where, f"{shown}, so no track after it is ever looked at; move it to the end."
