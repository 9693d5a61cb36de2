"""The fields Rapport owns in a CRM: results it writes and overrides it only reads.

One declaration serves everything: provisioning in both vendors' forms, the columns of the observed and desired
tables, the comparison of values in a plan, and the reference page of the documentation.

Values travel in **canonical text**: numbers at the field's scale (``12``, ``0.75``), dates ``YYYY-MM-DD``, flags
``true``/``false``, a multi-select as its sorted values joined by ``;``, empty as NULL.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TypeAlias

from mapping.records import Column, Table

PREFIX = "Rapport"
"""Default prefix of every field name; an organisation may choose another."""

TASK_KEY = "key"
"""Attribute name of the task key field (`Rapport_Key__c` on Activity, `rapport_key` on tasks)."""

SNOOZE = "snooze_until"
"""Attribute name of the date on a task until which a human wants to hear nothing of it."""

Raw: TypeAlias = object
"""What JSON gives for a value: text, number, flag or None. Inside `Field` the word `object` names a CRM object."""


class Kind(StrEnum):
    """The types of values we write; each vendor has one form for each."""

    TEXT = "text"
    LONG_TEXT = "long text"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of ours in a CRM."""

    object: str
    """contact, account or task"""
    name: str
    """Attribute and column name; also the CRM name without prefix (`tie_strength` -> `Rapport_Tie_Strength__c`)."""
    label: str
    kind: Kind
    help: str
    """One sentence, shown in the CRM beside the field."""
    choices: tuple[str, ...] = ()
    scale: int = 0
    length: int = 255
    override: bool = False
    """A human's field: read, never written."""

    def salesforce_name(self, prefix: str = PREFIX) -> str:
        """Name the custom field in Salesforce, for example ``Rapport_Tie_Strength__c``."""
        return f"{prefix}_{self.name.title()}__c"

    def hubspot_name(self, prefix: str = PREFIX) -> str:
        """Name the property in HubSpot, for example ``rapport_tie_strength``."""
        return f"{prefix}_{self.name}".lower()

    def canonical(self, raw: Raw) -> str | None:
        """Bring a value of any vendor into canonical text, so that equal values compare equal.

        Raises ValueError when the text is not a value of this kind.
        """
        if raw is None or raw == "":
            return None
        match self.kind:
            case Kind.NUMBER:
                return _number(raw, self.scale)
            case Kind.FLAG:
                return "true" if str(raw).lower() == "true" else "false"
            case Kind.CHOICES:
                return ";".join(sorted(part for part in str(raw).split(";") if part)) or None
            case Kind.DATE:
                return str(raw)[:10]
            case _:
                return str(raw)


def _number(raw: Raw, scale: int) -> str:
    step = Decimal(1).scaleb(-scale)
    try:
        return str(Decimal(str(raw)).quantize(step, rounding=ROUND_HALF_UP))
    except ArithmeticError as error:
        raise ValueError(f"{raw!r} is not a number") from error


ROLES = ("buyer", "champion", "power user", "user", "guardian")
COVERED_ROLES = ("buyer", "champion", "power user")

FIELDS = (
    # --- contact: results -------------------------------------------------------------------------------------
    Field("contact", "roles", "Roles", Kind.CHOICES, "Roles this person plays in the account, by evidence.", ROLES),
    Field(
        "contact",
        "buyer_type",
        "Buyer type",
        Kind.CHOICE,
        "Kind of buyer, best first: advocate, department leader, check-signer.",
        ("advocate", "department leader", "check-signer"),
    ),
    Field(
        "contact",
        "stance",
        "Stance",
        Kind.CHOICE,
        "Capacity to drive change and attitude together.",
        ("champion-stance", "blocker", "influencer", "detractor", "unaligned"),
    ),
    Field(
        "contact",
        "quartet",
        "Quartet",
        Kind.CHOICE,
        "Business or technical, user or buyer.",
        ("business buyer", "technical buyer", "business user", "technical user"),
    ),
    Field(
        "contact",
        "role_status",
        "Role status",
        Kind.CHOICE,
        "How sure the leading role is.",
        ("confirmed", "likely", "candidate", "lapsed", "departed"),
    ),
    Field("contact", "role_confidence", "Role confidence", Kind.NUMBER, "Confidence of the leading role, 0-100 %."),
    Field("contact", "depth", "Depth", Kind.NUMBER, "Depth of the relationship, 0-5; empty when the data cannot tell."),
    Field(
        "contact",
        "depth_name",
        "Depth name",
        Kind.CHOICE,
        "Depth in a word.",
        ("Unknown", "Identified", "Responsive", "Engaged", "Trusted", "Advocate", "Cannot tell"),
    ),
    Field(
        "contact",
        "tie_strength",
        "Tie strength",
        Kind.NUMBER,
        "Strength of the tie, 0-100, from mutual contact.",
    ),
    Field(
        "contact",
        "trend",
        "Trend",
        Kind.CHOICE,
        "Where the relationship is going.",
        ("rising", "steady", "fading", "ghosting"),
    ),
    Field("contact", "last_two_way", "Last two-way", Kind.DATE, "Date of the last exchange in both directions."),
    Field(
        "contact",
        "counted",
        "Counted in coverage",
        Kind.FLAG,
        "This person counts toward the account's required numbers.",
    ),
    Field(
        "contact",
        "evidence",
        "Evidence",
        Kind.LONG_TEXT,
        "Why Rapport says so, with the records it rests on.",
        length=2000,
    ),
    Field("contact", "computed_on", "Last computed", Kind.DATE, "Date of the computation that changed a value above."),
    # --- contact: overrides -----------------------------------------------------------------------------------
    Field(
        "contact",
        "confirmed_role",
        "Confirmed role",
        Kind.CHOICES,
        "Set by you; ends the argument.",
        (*ROLES, "none"),
        override=True,
    ),
    Field(
        "contact",
        "confirmed_depth",
        "Confirmed depth",
        Kind.NUMBER,
        "Set by you, 0-5; lapses after 180 days.",
        override=True,
    ),
    Field("contact", "confirmed_on", "Confirmed on", Kind.DATE, "When you confirmed role or depth.", override=True),
    Field(
        "contact",
        "not_a_champion",
        "Not a champion",
        Kind.FLAG,
        "Set by you; Rapport never calls this person a champion.",
        override=True,
    ),
    Field(
        "contact",
        "do_not_task",
        "Do not task",
        Kind.FLAG,
        "Set by you; no follow-up task is opened about this person.",
        override=True,
    ),
    # --- account: results -------------------------------------------------------------------------------------
    Field(
        "account",
        "segment",
        "Segment",
        Kind.CHOICE,
        "Segment the required numbers are taken from.",
        ("SMB", "Mid-Market", "Enterprise"),
    ),
    Field(
        "account",
        "breadth",
        "Product breadth",
        Kind.CHOICE,
        "How widely the product is used.",
        ("workgroup", "department", "company-wide"),
    ),
    Field("account", "tier", "Touch tier", Kind.CHOICE, "How much touch the account gets.", ("high", "low", "tech")),
    Field(
        "account",
        "stage",
        "Relationship stage",
        Kind.CHOICE,
        "How far the relationship has come.",
        ("aware", "purchasing", "using", "realising value", "advocating"),
    ),
    Field(
        "account",
        "coverage_status",
        "Coverage status",
        Kind.CHOICE,
        "Do we know enough of the right people?",
        ("covered", "partial", "gap", "cannot tell"),
    ),
    Field("account", "coverage_score", "Coverage score", Kind.NUMBER, "Relationship coverage, 0-100."),
    *(
        Field(
            "account",
            f"{role.replace(' ', '_')}s_{side}",
            f"{role.capitalize()}s {side}",
            Kind.NUMBER,
            f"{role.capitalize()}s {meaning}.",
        )
        for role in COVERED_ROLES
        for side, meaning in (
            ("required", "needed for this segment and breadth"),
            ("actual", "with a live relationship"),
        )
    ),
    Field(
        "account",
        "missing_roles",
        "Missing roles",
        Kind.CHOICES,
        "Roles below their required number.",
        COVERED_ROLES,
    ),
    Field("account", "missing_text", "What is missing", Kind.TEXT, "The missing roles in words."),
    Field("account", "single_threaded", "Single-threaded", Kind.FLAG, "Fewer than two people answer us."),
    Field(
        "account",
        "redundancy",
        "Champion redundancy",
        Kind.NUMBER,
        "Chance in % that a champion is still there in a year.",
    ),
    Field(
        "account",
        "equity",
        "Relationship equity",
        Kind.NUMBER,
        "What the relationship is worth, 0-100: its quality, power and reach together.",
    ),
    Field(
        "account",
        "orientation",
        "Orientation",
        Kind.CHOICE,
        "What the account asks of its CSM, by lifetime value and complexity of the offering.",
        ("Expert Consultant", "Concierge Guide", "Specialist Fixer", "Service Coordinator"),
    ),
    Field("account", "next_best_action", "Next best action", Kind.TEXT, "The one thing to do next for this account."),
    Field("account", "evidence", "Evidence", Kind.LONG_TEXT, "Why Rapport says so.", length=2000),
    Field("account", "data_completeness", "Data completeness", Kind.TEXT, "What was missing to judge this account."),
    Field("account", "computed_on", "Last computed", Kind.DATE, "Date of the computation that changed a value above."),
    # --- task -------------------------------------------------------------------------------------------------
    Field("task", TASK_KEY, "Rapport key", Kind.TEXT, "Ties this task to one gap for life; do not edit."),
    Field(
        "task",
        SNOOZE,
        "Snooze until",
        Kind.DATE,
        "Set by you; until that day the task stays as you left it and is not passed on to a manager.",
        override=True,
    ),
)
"""Every field of ours, in the order the documentation and the CRM layouts show them (domain sections 9 and 10)."""

COMPANIONS = frozenset({"evidence", "computed_on"})
"""Fields that are written only together with another change of the same record: their text and date drift daily
and must not cause a write by themselves. The computation leaves them NULL; `mapping.explain` renders them for the
records a plan writes."""


def results(object_name: str) -> tuple[Field, ...]:
    """List the fields we write on `object_name` (contact, account or task)."""
    return tuple(field for field in FIELDS if field.object == object_name and not field.override)


def observed_tables() -> Iterator[Table]:
    """Declare `observed_contact` and `observed_account`: what the CRM holds now, one column a result field.

    Values are canonical text; key columns are `source` and `id`; connectors deliver them like any staged table.
    """
    for object_name in ("contact", "account"):
        yield _wide(f"observed_{object_name}", "What the CRM holds now in our fields.", object_name)


def desired_tables() -> Iterator[Table]:
    """Declare `desired_contact` and `desired_account`: what the rules want there, same shape as the observed ones."""
    for object_name in ("contact", "account"):
        yield _wide(f"desired_{object_name}", "What the rules want in our fields.", object_name)


def _wide(name: str, meaning: str, object_name: str) -> Table:
    ids = (Column("source", "TEXT", "connection of the record"), Column("id", "TEXT", "record id"))
    values = tuple(Column(field.name, "TEXT", field.help) for field in results(object_name))
    return Table(name, meaning, ("source", "id"), (*ids, *values))
