"""A small Salesforce org to ask about, and a client that speaks to it by hand."""

from dataclasses import dataclass
from typing import Any

import requests

from tests.emulator.process import Emulator

NOW = "2026-03-02T09:00:00+00:00"
VERSION = "65.0"
DATA = f"/services/data/v{VERSION}"

ME, OWNER, GONE = "0055g00000AaAaAAAV", "0055g00000BbBbBAAV", "0055g00000CcCcCAAV"
ACME, BOLT, CRUX = "0015g00000AcmeAAAS", "0015g00000BoltAAAS", "0015g00000CruxAAAS"
ADA, BEN, CLEO, DEE = "0035g00000AdaaaAAA", "0035g00000BennnAAA", "0035g00000CleooAAA", "0035g00000DeeeeAAA"
DEAL = "0065g00000DealAAAS"


def _ids() -> None:
    """The ids above are made of 15 characters and their check characters."""


SEED: dict[str, Any] = {}
