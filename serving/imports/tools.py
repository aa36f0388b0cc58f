"""The tables that other tools export, by the headings that they are documented to write."""

from collections.abc import Mapping
from typing import NamedTuple

from leads.import_mapping import OutcomeOfTable
from leads.kinds import Kind

Heading = str | tuple[str, ...]
"""A column, or several whose texts are joined by a space."""
Headings = tuple[Heading, ...]
"""Of several, the first that is filled counts."""


class ToolOutcome(NamedTuple):
    """Where one of the columns `said` says one of `says`; `reason` may be any text there."""

    type: OutcomeOfTable
    said: Headings
    says: tuple[str, ...]
    at: Headings
    value: Headings = ()
    reason: Headings = ()


class Tool(NamedTuple):
    """`prefix` stands before the headings of the table's own records. `of_kind` is where the first field of a kind is
    found, when no column bears its name."""

    prefix: str
    of_kind: Mapping[Kind, Headings]
    arrived: Headings
    outcomes: tuple[ToolOutcome, ...]


HUBSPOT = Tool(
    "",
    {
        "email": ("Email", "Email address", "Work email"),
        "person": (("First Name", "Last Name"), "Full name", "Name"),
        "phone": ("Phone Number", "Mobile Phone Number"),
        "company": ("Company Name", "Associated Company", "Primary Associated Company"),
        "job_title": ("Job Title",),
        "country": ("Country/Region", "Country", "IP Country"),
        "url": ("Website URL",),
        "text": ("Message",),
    },
    ("Create Date",),
    (
        ToolOutcome(
            "converted",
            ("Lifecycle Stage",),
            ("customer", "evangelist"),
            ("Became a Customer Date", "Close Date"),
            ("Total Revenue", "Recent Deal Amount"),
        ),
    ),
)
SALESFORCE = Tool(
    "",
    {
        "email": ("Email",),
        "person": (("First Name", "Last Name"), ("FirstName", "LastName"), "Full Name", "Name"),
        "phone": ("Phone", "Mobile", "MobilePhone"),
        "company": ("Company / Account", "Company"),
        "job_title": ("Title",),
        "country": ("Country",),
        "url": ("Website",),
        "text": ("Description",),
    },
    ("Create Date", "Created Date", "CreatedDate"),
    (
        ToolOutcome(
            "converted",
            ("Converted", "IsConverted", "Lead Status", "Status"),
            ("1", "true", "yes", "closed - converted", "qualified"),
            ("Converted Date", "ConvertedDate"),
        ),
    ),
)
PIPEDRIVE = Tool(
    "Deal - ",
    {
        "email": ("Person - Email - Work", "Person - Email - Home", "Person - Email - Other", "Person - Email"),
        "person": ("Contact person", "Person - Name"),
        "phone": ("Person - Phone - Work", "Person - Phone - Mobile", "Person - Phone - Home", "Person - Phone"),
        "company": ("Organization", "Organization - Name"),
        "job_title": ("Person - Job title",),
        "country": ("Organization - Country of Address",),
    },
    ("Deal created", "Add time"),
    (
        ToolOutcome("converted", ("Status",), ("won",), ("Won time", "Deal closed on"), ("Value",)),
        ToolOutcome("lost", ("Status",), ("lost",), ("Lost time", "Deal closed on"), (), ("Lost reason",)),
    ),
)
TOOLS: Mapping[str, Tool] = {"hubspot": HUBSPOT, "salesforce": SALESFORCE, "pipedrive": PIPEDRIVE}
