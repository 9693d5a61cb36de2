"""`rapport check`: everything a run will need, tested before it; all findings at once, also when a connection is dead.

An error means that the run which follows would fail or not begin; the run makes the same inspection itself
(`sync.pipeline`). Beyond it, `check` asks for what a run would get by without: customers, owners, managers, activity.
"""

from collections.abc import Iterator, Sequence

from connectors.base import Connector, Finding, Metered, Severity
from connectors.errors import ConnectorError
from connectors.open import outlook
from mapping.spec import Rules, SpecError, load_rules
from sync import findings
from sync.app import App, UsageError
from sync.findings import Told
from sync.secret import SecretMissingError
from sync.settings import Lines, SettingsError

Steps = tuple[str | int, ...]
DEAD = frozenset({"connection", "export"})
"""Where the findings of a connection stand that nothing more can be asked of."""


def unusable(error: SettingsError) -> list[Told]:
    """Tell the problems of a settings file that cannot be used."""
    return [
        Told("", "", Severity.ERROR, problem.file, problem.line, "settings", problem.cause, _closed(problem.fix))
        for problem in error.problems
    ]


def _closed(fix: str) -> str:
    return f"{fix[:1].upper()}{fix[1:]}{'' if fix.endswith('?') else '.'}"


class Check:
    """The check of one organisation of a settings file that can be used."""

    def __init__(self, app: App, org: str, lines: Lines) -> None:
        self._app = app
        self._org = org
        self._lines = lines
        self._settings = app.settings.organisations[org]
        self._rules: Rules | None = None
        self._ledger = False

    def run(self) -> Iterator[Told]:
        """Test rules, stores and every connection."""
        found = [*self._needs_rules(), *self._needs_stores()]
        for source in self._settings.connections:
            found.extend(self._connection(source))
        yield from found
        if not findings.fails(found) and self._app.ledger.resume(self._org):
            cause = "It was paused because its credentials were refused; they work again, and so do scheduled runs."
            told = Finding("pause", cause, "", fatal=False, remark=True)
            yield self._told(told, "", ("organisations", self._org))

    # --- what a run needs besides its connections --------------------------------------------------------------------

    def _needs_rules(self) -> Iterator[Told]:
        try:
            self._rules = load_rules(self._settings.rules)
        except SpecError as error:
            for reason in error.reasons:
                yield Told(self._org, "", Severity.ERROR, reason.file, reason.line, "rules", reason.message, "")
            return
        for steps, finding in findings.of_products(self._settings.products, self._rules):
            yield self._told(finding, "", ("organisations", self._org, *steps))

    def _needs_stores(self) -> Iterator[Told]:
        try:
            self._app.ledger.holder(self._org)
            self._ledger = True
        except (UsageError, SecretMissingError) as error:
            yield self._told(Finding("ledger", str(error), "", fatal=True), "", ("store", "ledger"))
        try:
            self._app.stage_file(self._org)
        except UsageError as error:
            yield self._told(Finding("stage", str(error), "", fatal=True), "", ("store", "stage"))

    # --- a connection ------------------------------------------------------------------------------------------------

    def _connection(self, source: str) -> Iterator[Told]:
        within = ("organisations", self._org, "connections", source)
        options = self._settings.connections[source]
        found = [*outlook(options, self._app.now()), *self._inspected(source)]
        yield from (self._told(finding, source, (*within, *finding.setting)) for finding in found)
        if any(finding.fatal and finding.where in DEAD for finding in found):
            return
        yield from self._looked_at(source, within)

    def _inspected(self, source: str) -> list[Finding]:
        """Make the inspection a run makes, and foresee its calls."""
        found: list[Finding] = []
        try:
            with self._app.connection(self._org, source) as connector:
                found.extend(self._tested(source, connector))  # what was found before an error stays
        except SecretMissingError as error:
            found += [Finding("connection", text, "", fatal=True, setting=("auth",)) for text in str(error).split("\n")]
        except ConnectorError as error:
            found.append(Finding("connection", str(error), "", fatal=True))
        return found

    def _tested(self, source: str, connector: Connector) -> Iterator[Finding]:
        metered = connector if isinstance(connector, Metered) else None
        if metered and self._ledger:
            metered.spent(self._app.sent(self._org).get(source, 0))
        found = list(connector.check())
        yield from found
        if metered and not any(finding.fatal and finding.where in DEAD for finding in found):
            cursors = self._app.cursors(self._org, source) if self._stage_is_there() else {}
            yield findings.of_forecast(metered.vendor, metered.forecast(cursors))

    def _stage_is_there(self) -> bool:
        return self._app.settings.stage_file(self._org).exists()

    def _looked_at(self, source: str, within: Steps) -> Iterator[Told]:
        """Judge what the organisation holds right now; what cannot be asked stops no run."""
        try:
            census = self._app.census(self._org, source)
        except ConnectorError as error:
            cause = f"Customers, owners and activity could not be looked at: {error}"
            yield self._told(Finding("census", cause, "", fatal=False), source, within)
            return
        if census is None:
            return
        options = self._settings.connections[source]
        judged: Sequence[Finding] = [
            *findings.of_connection(census, options),
            *(findings.of_choices(census, self._rules) if self._rules else ()),
        ]
        yield from (self._told(finding, source, (*within, *finding.setting)) for finding in judged)
        for finding in findings.of_managers(census, self._settings.managers):
            yield self._told(finding, source, (*within[:2], *finding.setting))

    def _told(self, finding: Finding, source: str, steps: Steps) -> Told:
        line = self._lines.of(steps)
        file = str(self._lines.path)
        return Told(self._org, source, finding.severity, file, line, finding.where, finding.cause, finding.fix)


def check(app: App, org: str | None) -> list[Told]:
    """Check one organisation or all of them; raises UsageError for one that does not exist."""
    lines = Lines(app.config)
    found = [told for name in app.organisations(org) for told in Check(app, name, lines).run()]
    return findings.sorted_by_weight(found)
