"""The rules: every figure and word list of the domain, as frozen models that a YAML file fills.

`load_rules` reads the shipped files of ``mapping/rules`` and lays an organisation's own file over them. The result is
immutable, has a digest (part of every plan's digest) and a JSON Schema (for editors). `Profile` says what an
organisation is: its sources, products and people. Both are read by `mapping.compute`, which turns them into small
tables that the SQL joins.
"""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from mapping.records import Column, Rows, Table
from mapping.rulefile import SpecError, merge, read, read_file, section, validate

__all__ = ["Product", "Profile", "Rows", "Rules", "SpecError", "figures", "load_rules", "rule_tree", "schema"]

Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=-100, le=100)]
Days = Annotated[int, Field(gt=0)]
Band = Annotated[float, Field(ge=0, le=100)]
"""Points of 100; 0 lets nothing be off."""
Opening = Annotated[str, StringConstraints(min_length=4, to_lower=True)]
"""Words that a subject opens with; four letters at least, by which `mapping.activity` looks them up."""
Words = Annotated[str, StringConstraints(to_lower=True)]
Axis = Literal[
    "buying_authority", "process_authority", "influence", "product_importance", "usage_frequency", "attitude"
]
Pathway = Literal["account-led", "product-led", "partner-led"]
Level = Literal["c-level", "vp", "director", "manager", "individual"]
Segment = Literal["SMB", "Mid-Market", "Enterprise"]
Breadth = Literal["workgroup", "department", "company-wide"]
Tier = Literal["high", "low", "tech"]
Subtype = Literal["advocate", "department leader", "check-signer"]
ValueReceived = Literal["none", "partial", "full"]
Complexity = Literal["high", "low"]


class Frozen(BaseModel):
    """Base of all rules: immutable, and a name that nobody knows is an error instead of silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IdentityRules(Frozen):
    """Who is one person, who is a colleague, who has gone (rules/identity.yaml)."""

    free_mail: tuple[str, ...]
    """Mail domains that belong to nobody: they match no companies and are never our own."""
    gone_markers: tuple[str, ...]
    """Texts in a contact's name that say the person has left."""
    gone_phrases: tuple[Words, ...]
    """Texts in the subject of an automatic reply that say its sender has left."""


class OwnTitle(Frozen):
    """What a phrase of the organisation's own says; what is left out is decided by the other rules."""

    level: Level | None = None
    function: str | None = None


class TitleRules(Frozen):
    """Words that a title is read by (rules/titles.yaml, docs/titles.md); case, accents and punctuation do not count."""

    own: dict[str, OwnTitle]
    """Phrases of the organisation, before everything else."""
    read_as: dict[str, str]
    """A word typed short or in another form -> what is read instead."""
    levels: dict[Level, tuple[str, ...]]
    functions: dict[str, tuple[str, ...]]
    """Function -> phrases that speak for it."""
    whole_company: tuple[str, ...]
    """Ranks that speak for Executive when no function is named."""
    function_last: tuple[str, ...]
    """Ranks after which the last function of a phrase counts; after all others the first."""
    serving: tuple[str, ...]
    """Words of a function that next to another one mean a kind of work inside it."""
    yielding: tuple[str, ...]
    """Occupations that take the function named beside them."""
    absorbed: tuple[str, ...]
    """Functions that a yielding occupation does not take."""
    adjectives: dict[str, Level]
    """Ranks that only qualify an occupation or rank after them -> the level of both together."""
    things: tuple[str, ...]
    """What somebody looks after who leads nobody."""
    thing_ranks: tuple[str, ...]
    """The ranks that are none beside such a thing."""
    alone: tuple[str, ...]
    """Occupations only when the title names no other rank, and no function right after them."""
    bodies: tuple[str, ...]
    """Names of a body (Leitung, direction): a rank only where the title begins with it."""
    partnered: tuple[str, ...]
    """Functions whose partners are individuals."""
    postfixed: tuple[str, ...]
    """Ranks that are only adjectives right behind an occupation."""
    deputies: tuple[str, ...]
    """Words that make a vp of a c-level rank; a note says so of every rank."""
    deputies_behind: tuple[str, ...]
    """Those that say so even behind what the rank is over."""
    deputy_ranks: tuple[str, ...]
    """Ranks that are a deputy's by their own word."""
    juniors: tuple[str, ...]
    """Words before a c-level rank that make a vp of it, without a note."""
    board: tuple[str, ...]
    """Board seats: no operating level, and they hide a level word inside them."""
    fractional: tuple[str, ...]
    interim: tuple[str, ...]
    former: tuple[str, ...]
    """What stands after such a word, in its part of the title, was true once and is no evidence."""
    retired: tuple[str, ...]
    """Words that make the whole title one of the past."""
    aspiring: tuple[str, ...]
    """What stands after such a word is not true yet."""
    assistant: tuple[str, ...]
    """Assistants carry the title of somebody else; they are individuals."""
    other_person: tuple[str, ...]
    """What stands after such words is somebody else's title."""
    helpers: tuple[str, ...]
    """Those of the servants who are assistants."""
    servants: tuple[str, ...]
    """A rank right before such a word is somebody else's."""
    ignored: tuple[str, ...]
    """Phrases that contain a level word without meaning it."""
    unknown: tuple[str, ...]
    """What people type who do not know the title."""
    credentials: tuple[str, ...]
    companies: tuple[str, ...]
    """Legal forms: they make the part of the title that holds them a company's name."""
    bank: tuple[str, ...]
    """Lines of business in which vice president is a grade."""
    written: dict[str, str]
    """Spelling made of signs -> how it is read."""
    at: tuple[str, ...]
    """Words before a company's name."""
    of: tuple[str, ...]
    """Words between a rank and what it is over."""
    tails: tuple[str, ...]
    """Last words of German compounds."""
    endings: tuple[str, ...]
    """Endings of words that name somebody by what they do."""
    weak_endings: tuple[str, ...]
    """Endings that say so only where nothing else in a title names a level."""
    no_occupations: tuple[str, ...]
    """Words with such an ending that name nobody."""
    misspelt: tuple[str, ...]
    not_misspelt: tuple[str, ...]


class DepartmentRules(Frozen):
    """Departments and their spellings (rules/departments.yaml)."""

    spellings: dict[str, tuple[str, ...]]
    """Canonical department -> spellings in CRM fields, compared in lower case."""
    technical: tuple[str, ...]
    """Departments that make a buyer or user technical (quartet)."""
    guardian: tuple[str, ...]
    """Departments whose people are guardians."""


class CrmRoleRules(Frozen):
    """What a role that somebody named in the CRM speaks for (rules/roles.yaml)."""

    spellings: dict[str, tuple[str, ...]]
    """Group of roles -> spellings, compared in lower case with punctuation as spaces."""
    name_markers: dict[str, tuple[Words, ...]]
    """Group -> texts that people type into a contact's name, each with its bracket."""
    lapsed_days: Days
    """A champion of the sales cycle who does nothing of one for so long has lapsed."""
    points: dict[str, dict[Axis, Points]]
    """Group -> axis -> points. A group without axes (guardian) makes its role directly."""

    @model_validator(mode="after")
    def _every_group_has_points(self) -> Self:
        if unknown := sorted(set(self.spellings) ^ set(self.points)):
            raise ValueError(f"groups need spellings and points: {', '.join(unknown)}")
        return self


class SourceWeights(Frozen):
    """How far each kind of source is trusted, 0-1 (our default)."""

    human: Share
    crm_role: Share
    title: Share
    usage: Share
    third_party: Share
    network: Share
    survey: Share
    department: Share
    core_job: Share


class TitlePoints(Frozen):
    """Points of a title level on the three structural axes (our default)."""

    buying_authority: Points
    process_authority: Points
    influence: Points


class SurveyBand(Frozen):
    """Answers from `low` to `high` speak for `points` of attitude."""

    kind: Literal["nps", "csat"]
    low: float
    high: float
    points: Points


class EvidenceRules(Frozen):
    """Points, weights and thresholds of the axes and roles (rules/evidence.yaml)."""

    weights: SourceWeights
    titles: dict[Level, TitlePoints]
    process_authority_inside_only: bool
    """Where consuming departments are configured, a title speaks for process authority only inside them."""
    surveys: tuple[SurveyBand, ...]
    advocacy_points: Points
    attitude_half_life_days: Days
    core_job_yes: Points
    core_job_no: Points
    consuming_department: Points
    frequent_use: Points
    some_use: Points
    network_attendees: int
    """Meetings with more people say nothing about each of them."""
    met_buyer_meetings: int
    met_buyer_points: Points
    degree_meetings: int
    degree_colleagues: int
    degree_points: Points
    reports_points: Points
    reports_far_points: Points
    team_people: int
    team_points: Points
    pathway: Pathway
    """How the organisation grows: a preset of the influence of title levels."""
    pathway_influence: dict[Pathway, dict[Level, Points]]
    """Pathway -> level -> points added to its influence."""
    frequent_days: Days
    """Distinct active days of the last 30 that make usage frequent."""
    high: Points
    positive: Points
    negative: Points
    endorses: Points
    nearly: Points
    """Buying authority from here on is not far from a buyer's: such people are suggested where a buyer is missing."""


class SegmentRules(Frozen):
    """Segments, breadth and touch tiers (rules/segments.yaml)."""

    segments: dict[Segment, tuple[str, ...]]
    breadths: dict[Breadth, tuple[str, ...]]
    smb_arr_below: float
    enterprise_arr_above: float
    smb_employees_below: int
    enterprise_employees_from: int
    won_days: Days
    """Won amounts of so many days stand in for an unknown ARR."""
    high_share: Share
    low_share: Share
    tier_slack: Share
    """So far past a line, as a share of the whole revenue, an account leaves the tier it had."""
    high_arr_from: float
    tier_of_segment: dict[Segment, Tier]
    """Tier of an account whose ARR is unknown."""
    tier_unknown: Tier
    """Tier of an account whose ARR and segment are unknown."""


class DepthRules(Frozen):
    """Depth scorecard and tie strength (rules/depth.yaml)."""

    half_life_days: Days
    capture_days: Days
    memory_days: Days
    window_days: Days
    month_days: Days
    answer_days: Days
    initiated_days: Days
    ghosting_outreaches: int
    responsive_reply_rate: Share
    engaged_reply_rate: Share
    engaged_months: int
    trusted_acts: int
    trusted_attendance: Share
    advocacy_days: Days
    confirmed_days: Days
    steady_acts: Annotated[int, Field(ge=2)]
    """So many inbound acts over `steady_days` are steady traffic; silence after it is a sign of departure."""
    steady_days: Days
    silent_days: Days
    silent_gaps: float
    daily_cap: int
    one_way_cap: float
    saturation: float
    out_weight: float
    trend_days: Days
    trend_change: Share
    bulk_recipients: int
    kind_weights: dict[str, float]
    review_patterns: tuple[Words, ...]
    cancelled_prefixes: tuple[Opening, ...]
    auto_reply_prefixes: tuple[Opening, ...]
    bulk_prefixes: tuple[Opening, ...]
    one_to_many_types: tuple[Words, ...]


class Need(Frozen):
    """Required numbers of one cell: segment x breadth."""

    buyers: int
    champions: int
    power_users: int
    outside: int = 0
    """Champions needed outside the department the product is sold to."""
    outside_consuming: bool = False
    """Those champions must come from departments that consume the product."""
    departments: int = 0
    """Distinct departments the champions must come from."""


class BuyerCredit(Frozen):
    """What a buyer sub-type counts and the depth it takes."""

    depth: int
    credit: Share


class CoverageRules(Frozen):
    """Required numbers and what counts toward them (rules/coverage.yaml)."""

    needs: dict[Breadth, dict[Segment, Need]]
    needs_of_product: dict[str, dict[Breadth, dict[Segment, Need]]] = {}
    """Product -> cells of its own; those that it does not name are those of `needs`."""
    buyers: dict[Subtype, BuyerCredit]
    champion_depth: int
    champion_half_depth: int
    champion_half_credit: Share
    power_user_depth: int
    power_user_share: Share
    """Share of the active users that caps the required power users."""
    both_count_in: tuple[Segment, ...]
    """Segments in which a person who is buyer and champion counts for both."""
    threaded_people: int
    threaded_depth: int
    turnover: Share


class EquityRules(Frozen):
    """Relationship equity, stage of the relationship and orientation (rules/equity.yaml; our default)."""

    values_received: dict[ValueReceived, tuple[str, ...]]
    complexities: dict[Complexity, tuple[str, ...]]
    complexity_of_breadth: dict[Breadth, Complexity]
    """Complexity of the offering where no field of the CRM says it."""
    lifetime_years: Annotated[int, Field(gt=0)]
    """So many years of ARR stand in for an unknown lifetime value."""
    lifetime_value_high_from: float

    @model_validator(mode="after")
    def _a_spelling_means_one_thing(self) -> Self:
        for choices in (self.values_received.items(), self.complexities.items()):
            spelt = [text for value, texts in choices for text in {word.lower() for word in (value, *texts)}]
            if twice := sorted({text for text in spelt if spelt.count(text) > 1}):
                raise ValueError(f"a spelling means one thing: {', '.join(twice)}")
        return self


class TierDays(Frozen):
    """A number of days for each touch tier; None where the tier has none."""

    high: int | None
    low: int | None
    tech: int | None


class Engaged(Frozen):
    """Engagement 0-1 that is expected of us and of the customer."""

    ours: Share
    theirs: Share


class EngagementRules(Frozen):
    """What an account should get of us after the sale (rules/engagement.yaml; our default)."""

    handover_days: Days
    onboarding_days: Days
    adoption_days: Days
    renewal_days: Days
    introduction_days: TierDays
    """Days after the start by which the CSM must have been introduced; None where that is not asked for."""
    introduction_before_days: Days
    introduction_watch_days: Days
    owner_days: Days
    expected: dict[str, Engaged]
    """Lifecycle -> what is expected."""
    scope: dict[str, float]
    """Orientation -> exchanges in the window of the depth scorecard."""
    scope_of_stage: dict[str, float]
    """Stage of the relationship -> factor of the scope."""
    under_below: float
    over_above: float
    voice_known_share: Share
    voice_weak_below: Points


class SeverityRules(Frozen):
    """How a gap's severity is mixed (our default)."""

    renewal: Share
    arr: Share
    kind: Share
    renewal_near_days: Days
    renewal_far_days: Days
    renewal_unknown: Share
    arr_unknown: Share


class GapKind(Frozen):
    """What a kind of gap weighs and the words of its task."""

    weight: Share
    why: str
    """Why it matters, one sentence."""
    action: str
    """What to do next, an order without a full stop."""


class GapRules(Frozen):
    """Gaps and the tasks they deserve (rules/gaps.yaml)."""

    kinds: dict[str, GapKind]
    severity: SeverityRules
    departed_days: Days
    """A departure stays a gap for so long after it, and longer while the role is below its required number."""
    blocker_silence_days: Days
    """A blocker whom nobody had an exchange with for so long is unaddressed."""
    due_days: TierDays
    grace_days: TierDays
    """Business days past due before a task goes to the manager; None where it never does."""
    manager_kinds: tuple[str, ...]
    tasks_per_day: int
    tasks_per_week: int
    chronic_days: Days
    suggestions: int
    cadence: dict[str, TierDays]
    load: TierDays
    """Most accounts of a tier that one CSM can look after."""


class ContactBands(Frozen):
    """Points by which a number on a contact may be off before it alone causes a write."""

    tie_strength: Band


class AccountBands(Frozen):
    """The same on an account."""

    coverage_score: Band
    equity: Band


class DampingRules(Frozen):
    """What a quiet day need not write (rules/damping.yaml). Only numbers that drift with time alone have a band."""

    contact: ContactBands
    account: AccountBands

    def bands(self) -> dict[tuple[str, str], float]:
        """Give object and field -> points, for `sync.plan`."""
        return {(name, field): points for name, bands in self for field, points in bands}


class Rules(Frozen):
    """All rules of a run."""

    identity: IdentityRules
    titles: TitleRules
    departments: DepartmentRules
    roles: CrmRoleRules
    evidence: EvidenceRules
    segments: SegmentRules
    depth: DepthRules
    coverage: CoverageRules
    equity: EquityRules
    engagement: EngagementRules
    gaps: GapRules
    damping: DampingRules

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of every rule: equal rules, equal digest, whatever file they came from."""
        text = orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()


class Product(Frozen):
    """A product and the departments of a customer that it is sold to and consumed in."""

    name: Annotated[str, Field(min_length=1, pattern=r"^[^|;]+$")] = "default"
    """As the accounts' field of products spells it, whatever the case; stands in the keys of tasks."""
    sold_to: tuple[str, ...] = ()
    consumed_in: tuple[str, ...] = ()
    breadth: Breadth | None = None
    """How widely the product is used by whoever holds it; None: as the account's field of the breadth says."""


class Profile(Frozen):
    """What an organisation is, from its settings."""

    organisation: str
    sources: tuple[str, ...] = ("salesforce", "hubspot")
    """Connections in home order: the first that holds an account is its home."""
    managers: dict[str, str] = {}
    """Team -> e-mail address of its manager, for CRMs that have teams instead of managers."""
    products: tuple[Product, ...] = (Product(),)
    own_domains: tuple[str, ...] = ()
    """Domains of ours beyond those of the CRM's users."""


def load_rules(override: Path | None = None) -> Rules:
    """Read the shipped rules and lay the organisation's file over them.

    The override holds any of the sections by name, each with only what differs; mappings are joined, lists replaced.
    Raises SpecError with the file and line of every problem at once.
    """
    return validate(Rules, rule_tree(override))


def rule_tree(override: Path | None = None) -> yaml.Node:
    """Read the same as a tree that knows where every value stands, unchecked; raises SpecError for what is no YAML."""
    tree = section({name: read(text, f"rules/{name}.yaml") for name, text in _shipped()})
    return tree if override is None else merge(tree, read_file(override))


def _shipped() -> Iterator[tuple[str, str]]:
    for name in Rules.model_fields:
        yield name, files("mapping").joinpath(f"rules/{name}.yaml").read_text(encoding="utf-8")


def schema() -> dict[str, object]:
    """Give the JSON Schema of the override file, so that an editor completes and checks it.

    Every name is optional, because the shipped rules stand below; only in lists, which replace the shipped ones, an
    entry must be whole.
    """
    whole = Rules.model_json_schema()
    entries = {_reference(field) for part in whole["$defs"].values() for field in part.get("properties", {}).values()}
    parts = {name: part if name in entries else _optional(part) for name, part in whole["$defs"].items()}
    return {**_optional(whole), "$defs": parts}


def _reference(field: dict[str, Any]) -> str:
    """Name the definition that the entries of a list follow; empty for everything else."""
    return str(field.get("items", {}).get("$ref", "")).rpartition("/")[2]


def _optional(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "required"}


SQL_TYPES = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "TEXT"}


def figures(name: str, rules: Frozen) -> tuple[Table, Rows]:
    """Turn the single figures of a section into a one-row table `name`, one column a figure; lists and tables stay out.

    The columns take the figures' names. Each module's `tables` uses it for what its SQL compares with.
    """
    single = {field: value for field in type(rules).model_fields if type(value := rules.__dict__[field]) in SQL_TYPES}
    columns = tuple(Column(field, SQL_TYPES[type(value)], f"figure of {name}") for field, value in single.items())
    return Table(name, "One row of figures.", (), columns), [tuple(single.values())]


def listing(name: str, columns: str, rows: Rows) -> tuple[Table, Rows]:
    """Declare a rule table from ``name TYPE`` pairs separated by commas, with its rows."""
    pairs = [pair.split() for pair in columns.split(",")]
    return Table(name, "Rule table.", (), tuple(Column(key, kind, "rule") for key, kind in pairs)), rows
