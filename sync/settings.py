"""``rapport.yaml``: which organisations there are, how they are reached and how often they run.

`load_settings` is called by every command. Untrusted text enters here: every problem of the file is reported at once,
each with its line, its cause and the next step (`SettingsError`). Secrets are references, see `sync.secret`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from connectors.options import FilesOptions, Options
from mapping.rulebook import schema_of
from mapping.rulefile import SpecError, read_file
from mapping.spec import Product, Profile, Rules, schema
from sync.changes import Limits

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the settings: where, why, and what to do about it."""

    file: str
    line: int
    cause: str
    fix: str

    def __str__(self) -> str:
        """Render as ``file:line: cause (fix)``, which editors open at the place."""
        return f"{self.file}:{self.line}: {self.cause} ({self.fix})"


class SettingsError(Exception):
    """The settings cannot be used; `problems` holds everything that was found, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.cause)))
        super().__init__("\n".join(map(str, self.problems)))


def _duration(value: object) -> int:
    found = re.fullmatch(r"(\d{1,4})\s*([smhd])", str(value))
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not seconds:
        raise PydanticCustomError("duration", "a duration is a number above 0 with s, m, h or d: for example 6h")
    return seconds


_DURATION_SCHEMA = {"type": "string", "pattern": r"^[0-9]{1,4}\s*[smhd]$", "description": "for example 30m, 6h or 1d"}
"""What an editor may expect; the value itself is in seconds."""


def _ledger(value: object) -> str:
    """Accept a database address without a password, or a reference to where the whole address is kept."""
    text = str(value)
    if re.match(r"^(env:\w+|file:\S.*|keyring:[\w.@/-]+|sqlite:///\S.*)$", text):
        return text
    if re.match(r"^postgresql(\+\w+)?://", text) and not re.search(r"://[^/@]*:[^/@]*@|password=", text):
        return text
    raise PydanticCustomError(
        "secret", "write sqlite:///PATH, a postgresql:// address without a password, or env:NAME for the whole address"
    )


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Schedule(_Closed):
    """When an organisation runs: `every` so many seconds (written 30m, 6h, 1d), or by a `cron` line of five fields."""

    every: Annotated[int, BeforeValidator(_duration), WithJsonSchema(_DURATION_SCHEMA)] = 0
    cron: str | None = None

    @field_validator("cron")
    @classmethod
    def _five_fields(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and not re.fullmatch(r"(?:[\w*,/\-]+\s+){4}[\w*,/\-]+", value.strip()):
            raise PydanticCustomError("cron", 'a cron line has five fields, for example "0 5 * * mon-fri"')
        if value is not None and info.data.get("every"):
            raise PydanticCustomError("cron", "give either every or cron, not both")
        return value and _kept(value)


def _kept(line: str) -> str:
    """Accept a cron line that the worker will accept; imported here, because few files have one."""
    from apscheduler.triggers.cron import CronTrigger

    try:
        CronTrigger.from_crontab(line, timezone="UTC")
    except ValueError as error:
        raise PydanticCustomError("cron", "this cron line cannot be kept: {why}", {"why": str(error)}) from error
    return line


class LimitSettings(_Closed):
    """What one plan may do; see `sync.changes.Limits`."""

    max_changes: Annotated[int, Field(ge=1)] | None = None
    max_cleared: Annotated[int, Field(ge=0)] | None = 1000
    max_new_tasks: Annotated[int, Field(ge=0)] | None = None
    tasks_per_day: Annotated[int, Field(ge=0)] = 2
    tasks_per_week: Annotated[int, Field(ge=0)] = 5

    def limits(self) -> Limits:
        """Give the value the plan is held against."""
        return Limits(**self.model_dump())


Name = Annotated[str, Field(pattern=_NAME)]
Domain = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class OrganisationSettings(_Closed):
    """One organisation: its connections to CRMs, its people and products, its rhythm and its limits."""

    connections: Annotated[dict[Name, Options], Field(min_length=1)]
    home: tuple[str, ...] = ()
    """Connections in home order: the first that holds an account is its home, tasks live there. Others follow."""
    schedule: Schedule | None = None
    """None: runs only by hand."""
    managers: dict[str, Address] = Field(default_factory=dict)
    products: tuple[Product, ...] = (Product(),)
    own_domains: tuple[Domain, ...] = ()
    rules: Path | None = None
    takeover: bool = False
    limits: LimitSettings = LimitSettings()

    @field_validator("home")
    @classmethod
    def _known(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        names = info.data.get("connections")
        strangers = [name for name in value if names is not None and name not in names]
        if strangers:
            words = {"name": strangers[0], "names": ", ".join(names or ())}
            raise PydanticCustomError("home", "there is no connection named {name}; there are: {names}", words)
        return value

    @field_validator("schedule")
    @classmethod
    def _some_rhythm(cls, value: Schedule | None) -> Schedule | None:
        if value is not None and not value.every and value.cron is None:
            raise PydanticCustomError("schedule", "give every or cron, for example: every: 6h")
        return value

    def profile(self, name: str) -> Profile:
        """Say what the organisation is, for the computation."""
        order = (*self.home, *(source for source in self.connections if source not in self.home))
        return Profile(
            organisation=name,
            sources=order,
            managers=self.managers,
            products=self.products,
            own_domains=self.own_domains,
        )


class StoreSettings(_Closed):
    """Where data is kept: a folder for the stages (one file an organisation, a cache) and the ledger's address."""

    stage: Path = Path(".rapport")
    ledger: Annotated[str, BeforeValidator(_ledger)] = "sqlite:///rapport.db"


class Settings(_Closed):
    """The whole file."""

    store: StoreSettings = StoreSettings()
    organisations: Annotated[dict[Name, OrganisationSettings], Field(min_length=1)]

    def stage_file(self, org: str) -> Path:
        """Name the stage of an organisation; its folder may have to be made."""
        return self.store.stage / f"{org}.duckdb"


def load_settings(path: Path) -> Settings:
    """Read and check the file; relative paths in it begin at its folder. Raises SettingsError with every problem."""
    try:
        tree = read_file(path)
        data = yaml.constructor.SafeConstructor().construct_document(tree)
        settings = Settings.model_validate(data)
    except SpecError as error:
        raise SettingsError([_unreadable(path, reason.line, reason.message) for reason in error.reasons]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError([_unreadable(path, line, str(error.problem))]) from error
    except ValidationError as error:
        problems = [_problem(str(path), tree, found) for found in error.errors(include_url=False, include_input=False)]
        raise SettingsError(problems) from None
    return _placed(settings, path.parent)


class Lines:
    """Knows where each setting of a file stands; the file is one that `load_settings` accepted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tree = read_file(path)

    def of(self, steps: Sequence[int | str]) -> int:
        """Tell the line of a setting, or of the nearest one above it where it is not written."""
        return _line(self._tree, steps)


def _line(tree: yaml.Node, steps: Sequence[int | str]) -> int:
    return max((place.start_mark.line + 1 for _, place, _ in _walk(tree, steps) if place), default=1)


def editor_schemas() -> dict[str, dict[str, object]]:
    """Give the JSON Schema of the settings, of an organisation's rule file, and of each shipped rule file by name."""
    titled = {"settings": Settings.model_json_schema(), "rules": schema()}
    titled |= {name: schema_of(name) for name in Rules.model_fields}
    return {
        name: {"$schema": "https://json-schema.org/draft/2020-12/schema", **found} for name, found in titled.items()
    }


def _unreadable(path: Path, line: int, message: str) -> Problem:
    if not path.exists():
        return Problem(str(path), 1, "there is no such file", "write one with: rapport init")
    return Problem(str(path), line, message, "correct the YAML at this line")


def _placed(settings: Settings, folder: Path) -> Settings:
    """Let relative paths begin at the folder of the file."""
    ledger = settings.store.ledger
    if ledger.startswith("sqlite:///"):
        ledger = f"sqlite:///{folder / ledger.removeprefix('sqlite:///')}"
    store = settings.store.model_copy(update={"stage": folder / settings.store.stage, "ledger": ledger})
    organisations = {name: _placed_within(org, folder) for name, org in settings.organisations.items()}
    return settings.model_copy(update={"store": store, "organisations": organisations})


def _placed_within(org: OrganisationSettings, folder: Path) -> OrganisationSettings:
    """Do the same for the rules of an organisation and the exports it is read from."""
    connections = {
        name: options.model_copy(update={"folder": str(folder / options.folder)})
        if isinstance(options, FilesOptions)
        else options
        for name, options in org.connections.items()
    }
    return org.model_copy(update={"connections": connections, "rules": folder / org.rules if org.rules else None})


# --- problems in words -----------------------------------------------------------------------------------------------


def _problem(file: str, tree: yaml.Node, found: ErrorDetails) -> Problem:
    steps = [step for step, _, _ in _walk(tree, found["loc"])]
    cause, fix = _words(found, steps)
    return Problem(file, _line(tree, found["loc"]), cause, fix)


def _words(found: ErrorDetails, steps: Sequence[int | str]) -> tuple[str, str]:
    """Say cause and next step; never what was written, it may be a secret."""
    place = ".".join(map(str, steps))
    match found["type"]:
        case "extra_forbidden":
            return f"unknown setting {place}", _suggestion(str(steps[-1]), _allowed(found["loc"][:-1]))
        case "missing":
            return f"{place} is missing", f"add {steps[-1]}:"
        case "union_tag_not_found":
            return f"{place}: {_tag(found)} is missing", f"add {_tag(found)}: {_tags(found['loc'])}"
        case "union_tag_invalid":
            return f"{place}: this {_tag(found)} is not known", f"choose {_tags(found['loc'])}"
        case "secret":
            return f"{place} is not a reference to a secret", found["msg"]
        case _:
            return f"{place}: {found['msg'][:1].lower()}{found['msg'][1:]}", "correct the value"


def _tag(found: ErrorDetails) -> str:
    return str(found.get("ctx", {}).get("discriminator", "")).strip("'")


def _suggestion(name: str, allowed: Sequence[str]) -> str:
    close = get_close_matches(name, allowed, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(allowed)}"


_Schema = Mapping[str, Any]


def _allowed(steps: Sequence[int | str]) -> list[str]:
    """List the settings that exist at a place."""
    return list(_schema_at(steps).get("properties", {}))


def _tags(steps: Sequence[int | str]) -> str:
    """List the values of the discriminator at a place."""
    return " or ".join(_schema_at(steps).get("discriminator", {}).get("mapping", {}))


def _schema_at(steps: Sequence[int | str]) -> _Schema:
    whole: _Schema = Settings.model_json_schema()
    here = _resolved(whole, whole)
    for step in steps:
        here = _resolved(whole, _below(here, step))
    return here


def _below(schema: _Schema, step: int | str) -> _Schema:
    if "discriminator" in schema:
        return {"$ref": schema["discriminator"]["mapping"].get(step, "")}
    named = schema.get("properties", {}).get(step) or schema.get("items")
    free = (schema.get("additionalProperties"), *schema.get("patternProperties", {}).values())
    return named or next((found for found in free if isinstance(found, Mapping)), {})


def _resolved(whole: _Schema, schema: _Schema) -> _Schema:
    """Follow a reference, and through "or nothing" to the something."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return _resolved(whole, whole["$defs"].get(name, {}))
    present = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    return _resolved(whole, present[0]) if present else schema


_Step = tuple[int | str, yaml.Node | None, yaml.Node]


def _walk(tree: yaml.Node, steps: Sequence[int | str]) -> Iterator[_Step]:
    """Follow the steps of an error into the file: each with its key (None: not written) and the value below.

    The name of a vendor or a sign-in flow is a step of the error, but has no place of its own in the file.
    """
    node = tree
    for step in steps:
        if _is_tag(node, step):
            continue
        place, node = next(_children(node, step), (None, node))
        yield step, place, node


def _is_tag(node: yaml.Node, step: int | str) -> bool:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return any(key.value in ("vendor", "flow") and value.value == step for key, value in pairs)


def _children(node: yaml.Node, step: int | str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key, value) for key, value in node.value if key.value == str(step))
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        yield node.value[step], node.value[step]
