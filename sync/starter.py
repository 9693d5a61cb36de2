"""What `rapport init` writes: settings and rules to start from, and what an editor needs to complete and check both."""

from importlib.resources import files
from pathlib import Path

import orjson

from sync.settings import editor_schemas

RULES = "rules.yaml"
SCHEMAS = {"rapport.schema.json": "settings", "rules.schema.json": "rules"}


def write(path: Path) -> list[str]:
    """Write the settings file at `path`, beside it the schemas and, unless there is one, a rule file; names those.

    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_text("starter.yaml"), encoding="utf-8")
    own = path.with_name(RULES)
    written = [] if own.exists() else [RULES]
    if written:
        own.write_text(_text("starter_rules.yaml"), encoding="utf-8")
    known = editor_schemas()
    for name, schema in SCHEMAS.items():
        path.with_name(name).write_bytes(orjson.dumps(known[schema], option=orjson.OPT_INDENT_2))
    return [*written, *SCHEMAS]


def _text(name: str) -> str:
    return files("sync").joinpath(name).read_text(encoding="utf-8")
