"""Settings: every problem at once, each with its line, cause and next step; a secret is never repeated."""

from importlib.resources import files
from pathlib import Path

import pytest

from connectors.options import FilesOptions, HubSpotOptions, SalesforceOptions
from sync.secret import SecretMissingError, SecretResolver
from sync.settings import Problem, Settings, SettingsError, load_settings

GOOD = """\
store: {stage: cache, ledger: "sqlite:///data/ledger.db"}
organisations:
  acme:
    connections:
      salesforce:
        vendor: salesforce
        url: https://acme.my.salesforce.com
        auth: {flow: client_credentials, client_id: env:ID, client_secret: file:secret.txt}
      hubspot:
        vendor: hubspot
        auth: {flow: token, access_token: keyring:hubspot}
    home: [hubspot]
    schedule: {every: 6h}
    managers: {West: ann@example.com}
    own_domains: [example.com]
    rules: rules/ours.yaml
    limits: {max_changes: 500}
"""


def load(folder: Path, text: str) -> Settings:
    path = folder / "rapport.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def problems(folder: Path, text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(SettingsError) as caught:
        load(folder, text)
    return [(problem.line, problem.cause, problem.fix) for problem in caught.value.problems]


def test_the_starter_loads_without_problems(tmp_path: Path) -> None:
    settings = load(tmp_path, files("sync").joinpath("starter.yaml").read_text(encoding="utf-8"))
    main = settings.organisations["main"]
    assert isinstance(main.connections["salesforce"], SalesforceOptions)
    assert isinstance(main.connections["hubspot"], HubSpotOptions)
    assert main.profile("main").sources == ("salesforce", "hubspot")


def test_a_good_file_gives_typed_values(tmp_path: Path) -> None:
    acme = load(tmp_path, GOOD).organisations["acme"]
    assert acme.schedule is not None
    assert (acme.schedule.every, acme.limits.limits().max_changes) == (21_600, 500)


def test_connections_that_home_does_not_name_come_after_those_it_names(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).organisations["acme"].profile("acme").sources == ("hubspot", "salesforce")


def test_paths_begin_at_the_folder_of_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD)
    assert settings.stage_file("acme") == tmp_path / "cache" / "acme.duckdb"
    assert settings.store.ledger == f"sqlite:///{tmp_path}/data/ledger.db"
    assert settings.organisations["acme"].rules == tmp_path / "rules" / "ours.yaml"


def test_every_problem_is_reported_at_once_in_file_order(tmp_path: Path) -> None:
    text = (
        GOOD.replace("stage: cache", "stagee: cache")
        .replace("vendor: hubspot", "vendor: hubspt")
        .replace("schedule: {every: 6h}", "schedule: {every: soon}")
        .replace("ann@example.com", "ann")
    )
    assert [line for line, _, _ in problems(tmp_path, text)] == [1, 9, 13, 14]


def test_an_unknown_setting_gets_a_suggestion(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace("    managers:", "    manager:")) == [
        (14, "unknown setting organisations.acme.manager", "did you mean managers?")
    ]


def test_an_unknown_setting_like_nothing_else_gets_the_list_of_what_is_known(tmp_path: Path) -> None:
    ((line, cause, fix),) = problems(tmp_path, GOOD + "    zzz: 1\n")
    assert (line, cause) == (18, "unknown setting organisations.acme.zzz")
    assert "schedule" in fix


def test_a_missing_setting_is_reported_at_the_place_it_belongs_to(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace("client_id: env:ID, ", "")) == [
        (8, "organisations.acme.connections.salesforce.auth.client_id is missing", "add client_id:")
    ]


def test_an_unknown_vendor_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace("vendor: hubspot", "vendor: pipedrive")) == [
        (9, "organisations.acme.connections.hubspot: this vendor is not known", "choose files or hubspot or salesforce")
    ]


def test_a_plaintext_secret_is_refused_and_never_repeated(tmp_path: Path) -> None:
    path = tmp_path / "rapport.yaml"
    path.write_text(GOOD.replace("keyring:hubspot", "pat-na1-very-secret"), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    (problem,) = caught.value.problems
    assert problem == Problem(
        str(path),
        11,
        "organisations.acme.connections.hubspot.auth.access_token is not a reference to a secret",
        "write where the secret is kept: env:NAME, file:PATH or keyring:NAME",
    )
    assert "very-secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_password_in_the_ledger_address_is_refused_and_never_repeated(tmp_path: Path) -> None:
    text = GOOD.replace("sqlite:///data/ledger.db", "postgresql+psycopg://rapport:hunter2@db/rapport")
    ((line, cause, fix),) = problems(tmp_path, text)
    assert line == 1
    assert "hunter2" not in cause + fix


@pytest.mark.parametrize(
    "address", ["env:DATABASE_URL", "postgresql+psycopg://rapport@db/rapport", "postgresql://db/rapport"]
)
def test_a_ledger_address_without_a_password_is_accepted(tmp_path: Path, address: str) -> None:
    assert load(tmp_path, GOOD.replace("sqlite:///data/ledger.db", address)).store.ledger == address


def test_malformed_yaml_is_reported_with_its_line(tmp_path: Path) -> None:
    ((line, cause, fix),) = problems(tmp_path, GOOD.replace("home: [hubspot]", "home: [hubspot"))
    assert line in (12, 13)
    assert cause.startswith("not YAML")
    assert fix == "correct the YAML at this line"


def test_a_name_that_stands_twice_is_reported(tmp_path: Path) -> None:
    ((line, cause, _),) = problems(tmp_path, GOOD + "    home: [salesforce]\n")
    assert (line, cause) == (18, "home: named twice")


def test_a_file_that_does_not_exist_points_to_init(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "rapport.yaml")
    assert caught.value.problems[0].fix == "write one with: rapport init"


@pytest.mark.parametrize("text", ["", "organisations: {}\n", "organisations:\n"])
def test_a_file_without_an_organisation_is_not_enough(tmp_path: Path, text: str) -> None:
    assert len(problems(tmp_path, text)) == 1


def test_a_home_that_is_no_connection_is_reported_with_those_there_are(tmp_path: Path) -> None:
    ((line, cause, _),) = problems(tmp_path, GOOD.replace("home: [hubspot]", "home: [hubspt]"))
    assert (line, cause) == (
        12,
        "organisations.acme.home: there is no connection named hubspt; there are: salesforce, hubspot",
    )


@pytest.mark.parametrize(
    ("schedule", "word"),
    [
        ("{every: 6h, cron: '0 5 * * *'}", "not both"),
        ("{}", "every or cron"),
        ("{cron: hourly}", "five fields"),
        ("{cron: '99 5 * * *'}", "cannot be kept"),
        ("{every: 0h}", "above 0"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_reported(tmp_path: Path, schedule: str, word: str) -> None:
    ((line, cause, _),) = problems(tmp_path, GOOD.replace("{every: 6h}", schedule))
    assert line == 13
    assert word in cause


def test_a_cron_line_is_accepted(tmp_path: Path) -> None:
    schedule = load(tmp_path, GOOD.replace("{every: 6h}", '{cron: "0 5 * * mon-fri"}')).organisations["acme"].schedule
    assert schedule is not None
    assert (schedule.every, schedule.cron) == (0, "0 5 * * mon-fri")


def test_a_name_with_a_colon_is_refused_because_references_are_split_there(tmp_path: Path) -> None:
    assert len(problems(tmp_path, GOOD.replace("      hubspot:\n", "      'hub:spot':\n"))) >= 1


def test_an_executable_tag_is_refused(tmp_path: Path) -> None:
    assert len(problems(tmp_path, GOOD.replace("hubspot]", "!!python/name:os.system ]"))) == 1


@pytest.fixture
def resolver(tmp_path: Path) -> SecretResolver:
    (tmp_path / "secret.txt").write_text("from a file\n", encoding="utf-8")
    (tmp_path / "blank.txt").write_text("\n", encoding="utf-8")
    kept = {("rapport", "hubspot"): "from the keyring"}
    return SecretResolver({"ID": "from the environment"}, lambda service, name: kept.get((service, name)), tmp_path)


@pytest.mark.parametrize(
    ("reference", "secret"),
    [
        ("env:ID", "from the environment"),
        ("file:secret.txt", "from a file"),
        ("keyring:hubspot", "from the keyring"),
    ],
)
def test_a_secret_is_found_where_its_reference_says(resolver: SecretResolver, reference: str, secret: str) -> None:
    assert resolver(reference) == secret


@pytest.mark.parametrize(
    ("reference", "fix"),
    [
        ("env:NONE", "set the environment variable NONE"),
        ("file:none.txt", "none.txt"),
        ("file:blank.txt", "blank.txt"),
        ("keyring:none", "keyring set rapport none"),
    ],
)
def test_a_missing_secret_says_how_to_put_it_there(resolver: SecretResolver, reference: str, fix: str) -> None:
    with pytest.raises(SecretMissingError, match=fix):
        resolver(reference)


def test_something_that_is_no_reference_is_not_repeated(resolver: SecretResolver) -> None:
    with pytest.raises(SecretMissingError) as caught:
        resolver("pat-na1-very-secret")
    assert "very-secret" not in str(caught.value)


# --- the budget of a connection --------------------------------------------------------------------------------------


def test_a_connection_may_use_a_fifth_of_the_day_unless_said_otherwise(tmp_path: Path) -> None:
    connections = (
        load(tmp_path, GOOD.replace("token: keyring:hubspot}", TOKEN_AND_BUDGET)).organisations["acme"].connections
    )
    salesforce, hubspot = connections["salesforce"], connections["hubspot"]
    assert isinstance(salesforce, SalesforceOptions)
    assert isinstance(hubspot, HubSpotOptions)
    assert salesforce.budget.model_dump() == {"share": 0.2, "reserve": 1000, "concurrent": 4}
    assert hubspot.budget.model_dump() == {"share": 0.5, "reserve": 0, "concurrent": 8}


TOKEN_AND_BUDGET = """token: keyring:hubspot}
        budget: {share: 0.5, reserve: 0, concurrent: 8}"""


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        ("share: 0", "budget.share: input should be greater than 0"),
        ("share: 20", "budget.share: input should be less than or equal to 1"),
        ("share: a fifth", "budget.share: input should be a valid number"),
        ("reserve: -1", "budget.reserve: input should be greater than or equal to 0"),
        ("concurrent: 0", "budget.concurrent: input should be greater than or equal to 1"),
        ("concurrent: 50", "budget.concurrent: input should be less than or equal to 20"),
        ("shares: 0.2", "unknown setting organisations.acme.connections.hubspot.budget.shares"),
    ],
)
def test_a_wrong_budget_is_told_with_its_line(tmp_path: Path, written: str, cause: str) -> None:
    text = GOOD.replace("token: keyring:hubspot}", f"token: keyring:hubspot}}\n        budget:\n          {written}")
    ((line, said, _),) = problems(tmp_path, text)
    assert line == 13
    assert cause in said


def test_the_folder_of_an_export_begins_at_the_folder_of_the_file(tmp_path: Path) -> None:
    text = "organisations: {acme: {connections: {sf: {vendor: files, dialect: salesforce, folder: exports/sf}}}}"
    options = load(tmp_path, text).organisations["acme"].connections["sf"]
    assert isinstance(options, FilesOptions)
    assert Path(options.folder) == tmp_path / "exports" / "sf"
    absolute = load(tmp_path, text.replace("exports/sf", "/srv/export.zip")).organisations["acme"].connections["sf"]
    assert isinstance(absolute, FilesOptions)
    assert absolute.folder == "/srv/export.zip"
