"""All that a lead said so far, out of the ledger."""

from collections.abc import Mapping

from leads.fields import Field, Value
from leads.known_answers import together, values_of
from leads.lead import Submission
from leads.ledger import Connection, submissions_of


def all_that_it_said(connection: Connection, newest: Submission, fields: Mapping[str, Field]) -> dict[str, Value]:
    """`newest` is the form that counts, which need not be the last one."""
    earlier = [one for one in submissions_of(connection, newest.lead) if one.id != newest.id]
    return together(values_of(newest, fields), earlier, fields)
