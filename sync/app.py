"""The composition root: the only place that reads clock, environment and keyring and puts the parts together.

`sync.cli`, `sync.demo` and the worker open an `App` on a settings file and ask it for a `Desk` (everything a run of one
organisation works with) or for the ledger alone (everything a reader needs).
"""

import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from connectors.base import Connector
from connectors.census import Census
from connectors.errors import ConnectorError
from connectors.open import census as take_census
from connectors.open import open_connection
from connectors.options import secrets_of
from mapping.calibrate import Calibration, measure
from mapping.compute import compute
from mapping.explain import dossiers, render
from mapping.rulebook import Figure, flat, in_force
from mapping.spec import Profile, Rules, SpecError, load_rules
from mapping.statements import execute
from sync import past
from sync.changes import UnsafePlanError
from sync.heartbeat import beating
from sync.ledger import Dossier, LeaseHeldError, Ledger
from sync.pipeline import LEASE_SECONDS, Desk, PlanRefusedError, Progress
from sync.secret import SecretMissingError, SecretResolver
from sync.settings import OrganisationSettings, Schedule, Settings, SettingsError, load_settings
from sync.stage import Stage, StageClosedError, StageInUseError

FIRST_PROCESS_NAMESPACE = 0xEFFFFFFC
"""Inode of the namespace that processes outside every container live in, the same on every Linux host."""


class UsageError(Exception):
    """The command cannot know what is meant; the text says how to say it."""


EXPECTED = (
    ConnectorError,
    LeaseHeldError,
    past.NothingStagedError,
    PlanRefusedError,
    SecretMissingError,
    SettingsError,
    SpecError,
    StageClosedError,
    StageInUseError,
    UnsafePlanError,
    UsageError,
)
"""Errors whose text is the whole answer: a command prints it and ends with 1, without a traceback."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules in force: the digest that plans note, every figure, and all that the digest covers."""

    digest: str
    figures: tuple[Figure, ...]
    covered: Mapping[str, object]


def clock() -> float:
    """Tell the time in epoch seconds."""
    return time.time()


def today() -> datetime:
    """Tell the moment in UTC."""
    return datetime.fromtimestamp(clock(), UTC)


def machine() -> str:
    """Name where process ids mean what they mean here: the host, in a container with its process namespace."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return socket.gethostname()
    return socket.gethostname() if namespace == FIRST_PROCESS_NAMESPACE else f"{socket.gethostname()}/{namespace}"


def owner() -> str:
    """Name this process for leases: machine and process id."""
    return f"{machine()}:{os.getpid()}"


def alive(holder: str) -> bool:
    """Tell whether the process that holds a lease may still be alive; of another machine nobody here knows."""
    where, _, process = holder.rpartition(":")
    if where != machine() or not process.isdecimal():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _keyring(service: str, name: str) -> str | None:
    import keyring

    return keyring.get_password(service, name)


def _keep_in_keyring(service: str, name: str, value: str) -> None:
    import keyring

    keyring.set_password(service, name, value)


class App:
    """A settings file brought to life. Raises SettingsError when the file cannot be used."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.settings: Settings = load_settings(config)
        self.secret = SecretResolver(os.environ, _keyring, config.parent, _keep_in_keyring)

    def organisations(self, name: str | None = None) -> list[str]:
        """List the organisations a command is about: the one named, else all of them."""
        if name is not None and name not in self.settings.organisations:
            known = ", ".join(self.settings.organisations)
            raise UsageError(f"there is no organisation {name} in {self.config}; there are: {known}")
        return [name] if name else list(self.settings.organisations)

    def only(self, name: str | None) -> str:
        """Settle on one organisation, which need not be named when there is one."""
        found = self.organisations(name)
        if len(found) > 1:
            raise UsageError(f"say which organisation is meant: --org {' | '.join(found)}")
        return found[0]

    def schedule(self, org: str) -> Schedule | None:
        """Tell when an organisation runs; None: only by hand."""
        return self._organisation(org).schedule

    @cached_property
    def ledger(self) -> Ledger:
        """Open the ledger; its folder is made when it is missing."""
        url = self.settings.store.ledger
        return _ledger(url if "://" in url else self.secret(url))

    @contextmanager
    def connections(self, org: str) -> Iterator[Mapping[str, Connector]]:
        """Open the connections of an organisation for the length of the block.

        Raises SecretMissingError naming every secret that is missing.
        """
        described = self._organisation(org).connections
        self.secret.prove(reference for options in described.values() for reference in secrets_of(options))
        with ExitStack() as stack:
            opened = {}
            for source, options in described.items():
                opened[source] = open_connection(source, options, self.secret, clock, self.secret.keep)
                stack.callback(opened[source].close)
            yield opened

    @contextmanager
    def connection(self, org: str, source: str) -> Iterator[Connector]:
        """Open one connection for the length of the block. Raises SecretMissingError naming what it lacks."""
        options = self._organisation(org).connections[source]
        self.secret.prove(secrets_of(options))
        opened = open_connection(source, options, self.secret, clock, self.secret.keep)
        try:
            yield opened
        finally:
            opened.close()

    def credentials(self, org: str) -> str:
        """Give everything an organisation signs in with, in one text. Raises SecretMissingError."""
        described = self._organisation(org).connections
        held = {source: [self.secret(one) for one in secrets_of(options)] for source, options in described.items()}
        return repr(sorted(held.items()))

    def census(self, org: str, source: str) -> Census | None:
        """Ask a connection what its organisation holds right now; None for an export. Raises a ConnectorError."""
        return take_census(self._organisation(org).connections[source], self.secret, clock, self.secret.keep)

    def now(self) -> float:
        """Tell the time in epoch seconds."""
        return clock()

    def rulebook(self, org: str) -> Rulebook:
        """Read the rules in force for an organisation. Raises SpecError."""
        rules, profile = self._rules(org)
        figures = in_force(self._organisation(org).rules)
        return Rulebook(_digest(rules, profile), figures, _figures(rules, profile))

    def sent(self, org: str) -> Mapping[str, int]:
        """Count the calls that runs of the last 24 hours sent, by connection."""
        return self.ledger.calls(org, int(clock()) - 86_400)

    def cursors(self, org: str, source: str) -> Mapping[str, str]:
        """Tell where the pulls of a connection stopped; nothing where nothing was pulled or a run is at work."""
        if not self.stage_file(org).exists():
            return {}
        try:
            with Stage(self.stage_file(org)) as stage:
                return stage.cursors(source)
        except (StageInUseError, StageClosedError):
            return {}

    @contextmanager
    def desk(self, org: str, progress: Progress) -> Iterator[Desk]:
        """Lay everything out for a run of an organisation; stage and connections are closed afterwards."""
        settings = self._organisation(org)
        rules, profile = self._rules(org)
        with self.connections(org) as connectors, self._stage(org) as stage:
            yield Desk(
                org=org,
                owner=owner(),
                alive=alive,
                connectors=connectors,
                stage=stage,
                ledger=self.ledger,
                rules=_digest(rules, profile),
                figures=_figures(rules, profile),
                compute=_computation(rules, profile),
                explain=render,
                dossiers=_published,
                now=clock,
                progress=progress,
                limits=settings.limits.limits(),
                takeover=settings.takeover,
                bands=rules.damping.bands(),
                meanwhile=partial(beating, LEASE_SECONDS / 10),
            )

    def replayed(self, org: str, day: int) -> tuple[int, list[Dossier]]:
        """Recompute what would have been published at the end of a UTC day, and tell the moment; changes nothing.

        Raises NothingStagedError or LeaseHeldError.
        """
        with self._past(org) as connection:
            as_of = past.go_back(connection, day)
            compute(connection, *self._rules(org), as_of)
            return as_of, list(_published(connection))

    def recomputed(self, org: str, text: str, months: int) -> list[dict[str, Any]]:
        """Recompute the coverage of the accounts that `text` names at the end of so many past months, in order of time.

        Changes nothing. Raises NothingStagedError or LeaseHeldError.
        """
        rows = []
        with self._past(org) as connection:
            for day in past.month_ends(past.known_until(connection), months):
                as_of = past.go_back(connection, day)
                compute(connection, *self._rules(org), as_of)
                rows += [{"org": org, "as_of": as_of, **row} for row in past.standings(connection, text)]
        return rows

    def calibrated(self, org: str, cuts: int) -> Calibration:
        """Measure the rules on the staged data; changes nothing. Raises NothingStagedError or LeaseHeldError."""
        with self._past(org) as connection:
            return measure(connection, *self._rules(org), past.known_until(connection), cuts)

    def _rules(self, org: str) -> tuple[Rules, Profile]:
        settings = self._organisation(org)
        return load_rules(settings.rules), settings.profile(org)

    @contextmanager
    def _past(self, org: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the stage for reading beside an empty database; when a run has it, say who that is."""
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(past.opened(self.settings.stage_file(org)))
            except StageInUseError as error:
                if holder := self.ledger.holder(org):
                    raise LeaseHeldError(org, *holder) from error
                raise
            yield connection

    @contextmanager
    def _stage(self, org: str) -> Iterator[Stage]:
        """Open the stage; when another process has it, say who that is rather than which file."""
        path = self.stage_file(org)
        with ExitStack() as stack:
            try:
                stage = stack.enter_context(Stage(path))
            except StageInUseError as error:
                if holder := self.ledger.holder(org):
                    raise LeaseHeldError(org, *holder) from error
                raise
            yield stage

    def stage_file(self, org: str) -> Path:
        """Name the stage of an organisation, in a folder that is made when it is missing. Raises UsageError."""
        path = self.settings.stage_file(org)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"the folder of the stage, {path.parent}, cannot be made: {error.strerror}") from error
        return path

    def _organisation(self, org: str) -> OrganisationSettings:
        return self.settings.organisations[org]


def _ledger(url: str) -> Ledger:
    """Open the ledger behind an address. Raises UsageError without the address in it: a password may be there."""
    try:
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        return Ledger(url)
    except ModuleNotFoundError as error:
        raise UsageError(f"the ledger needs a database driver that is not installed: {error.name}") from error
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError):
        raise UsageError("the ledger's address cannot be read; it begins with postgresql+psycopg://") from None
    except sa.exc.DBAPIError as error:
        raise UsageError(f"the ledger cannot be opened: {error.orig}") from error
    except OSError as error:
        raise UsageError(f"the folder of the ledger cannot be made: {error.strerror}") from error


def _digest(rules: Rules, profile: Profile) -> str:
    """Digest everything but data that a plan depends on."""
    return hashlib.sha256(f"{rules.digest} {profile.model_dump_json()}".encode()).hexdigest()


def _figures(rules: Rules, profile: Profile) -> Mapping[str, object]:
    """Name everything that the digest covers: the figures of the rules, and what the settings say besides."""
    return {**flat(rules), **{f"settings.{name}": value for name, value in flat(profile).items()}}


def _computation(rules: Rules, profile: Profile) -> Callable[[duckdb.DuckDBPyConnection, int], None]:
    def run(connection: duckdb.DuckDBPyConnection, as_of: int) -> None:
        compute(connection, rules, profile, as_of)

    return run


def _published(connection: duckdb.DuckDBPyConnection) -> Iterable[Dossier]:
    """Turn what the computation can tell about each record and each slice of the portfolio into rows of the ledger."""
    yield from _slices(connection)
    yield from _ambiguities(connection)
    yield from _overrides(connection)
    for found in dossiers(connection):
        told = {"sentences": list(found.sentences), "records": list(found.records)}
        body = {"home": found.home, "values": dict(found.values), **told, "reasons": [*map(asdict, found.reasons)]}
        yield Dossier(found.object, found.source, found.id, found.name, found.account_name, body)


def _ambiguities(connection: duckdb.DuckDBPyConnection) -> Iterable[Dossier]:
    execute(connection, "ambiguities")
    found = connection.execute("SELECT * FROM ambiguous_pair")
    for kind, record, left, left_name, right, right_name, why in found.fetchall():
        both = [
            {"record": ref.replace(":", f"/{record}/", 1), "name": name}
            for ref, name in ((left, left_name), (right, right_name))
        ]
        yield Dossier("ambiguity", kind, f"{left} {right}", left_name or left, None, {"why": why, "records": both})


def _overrides(connection: duckdb.DuckDBPyConnection) -> Iterable[Dossier]:
    execute(connection, "overrides")
    found = connection.execute("SELECT * FROM human_word")
    names = [column[0] for column in found.description or ()]
    for row in found.fetchall():
        told = dict(zip(names, row, strict=True))
        source, record, name, account = (told.pop(key) for key in ("source", "id", "name", "account"))
        yield Dossier("override", source, record, name or record, account, told)


def _slices(connection: duckdb.DuckDBPyConnection) -> Iterable[Dossier]:
    found = connection.execute("SELECT * FROM slice ORDER BY dimension, name")
    names = [column[0] for column in found.description or ()]
    for row in found.fetchall():
        figures = dict(zip(names, row, strict=True))
        dimension, name = figures.pop("dimension"), figures.pop("name")
        yield Dossier("slice", dimension, name, name, None, {"values": figures})
