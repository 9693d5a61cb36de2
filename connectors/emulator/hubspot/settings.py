"""The switches of a portal: limits of the account's tier, and behaviour that differs or that nobody documents.

`GET /_emulator/limits` shows them, `POST /_emulator/limits {"hubspot": {name: value}}` changes them while the portal
runs, and every seed puts them back. TABLE is the whole documentation: each row is a default and what it decides.
Sources are the wire contract's figures.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON value: what the control interface sets."""

ALL_SCOPES = (
    "oauth",
    *(f"crm.{family}.{kind}.{right}"
      for family in ("objects", "schemas")
      for kind in ("contacts", "companies", "deals", "leads", "users", "custom")
      for right in ("read", "write")),
    "tickets",
    "crm.objects.owners.read",
    "crm.lists.read",
    "crm.lists.write",
    "crm.export",
    "crm.import",
    "sales-email-read",
    "settings.users.read",
    "settings.users.write",
    "settings.users.teams.read",
)  # fmt: skip

TIERS = {
    "free": (100, 250_000, 100),
    "starter": (100, 250_000, 100),
    "professional": (190, 625_000, 150),
    "enterprise": (190, 1_000_000, 150),
}
"""Calls per ten seconds and app, calls per day and account, association calls per ten seconds."""
INCREASED = (250, 1_000_000, 200)
"""The same with API limit increases; the day's calls are added for each of at most two."""


def figures(tier: str, increases: int) -> dict[str, Json]:
    """Tell the limits of a tier. Raises ValueError for one that does not exist."""
    if tier not in TIERS or increases not in {0, 1, 2}:
        raise ValueError(f"tier is one of {', '.join(TIERS)} with 0 to 2 limit_increases, not {tier} with {increases}")
    burst, day, links = TIERS[tier]
    return {
        "ten_secondly_limit": INCREASED[0] if increases else burst,
        "daily_limit": day + INCREASED[1] * increases,
        "association_limit": INCREASED[2] if increases else links,
        "association_daily_limit": 1_000_000 if increases else 500_000,
    }


_FIGURES = figures("professional", 0)
TABLE: Mapping[str, tuple[Json, str]] = {
    # The account and its limits
    "tier": ("professional", "free, starter, professional or enterprise; setting it sets the four limits below"),
    "limit_increases": (0, "API limit increases the account has bought, 0 to 2; sets the same four limits"),
    "ten_secondly_limit": (_FIGURES["ten_secondly_limit"], "calls of the private app in ten seconds"),
    "daily_limit": (_FIGURES["daily_limit"], "calls of all private apps in the account's day"),
    "association_limit": (_FIGURES["association_limit"], "calls to the associations API in ten seconds"),
    "association_daily_limit": (_FIGURES["association_daily_limit"], "calls to the associations API in a day"),
    "oauth_ten_secondly_limit": (110, "calls of the OAuth app in ten seconds, for each account that installed it"),
    "search_limit": (5, "searches per second, all apps together"),
    "rate_limit_category": (False, "true: 429 bodies say category RATE_LIMITS instead of errorType RATE_LIMIT"),
    "retry_after": (False, "whether a 429 says how long to wait; HubSpot does not document it"),
    "time_zone": ("US/Eastern", "the account's, in which its day ends"),
    # Who may call
    "scopes": (list(ALL_SCOPES), "what the app may do; a call without its scope is 403 MISSING_SCOPES"),
    "access_token_seconds": (1800, "how long an OAuth token lives"),
    "rotate_refresh_tokens": (False, "each refresh brings another refresh token and ends the old one"),
    "oauth_v1_tells_account": (False, "/oauth/v1/token answers hub_id and scopes too"),
    # Reading and searching
    "owners_page": (500, "owners on one page at most"),
    "inline_associations": (100, "associations of one type inside a record"),
    "no_associations": ("error", "or omit: what a batch read says of a record without associations"),
    "batch_read_order": ("id", "the order of a batch read's answer; or input: as asked for"),
    "collapse_duplicates": (True, "a record named twice in batch/read is answered once"),
    "iso_dates_in_search": (True, "false: filters take epoch milliseconds only"),
    "search_lag": (5.0, "seconds until a write is found"),
    "search_window": (10_000, "results one query can be paged through"),
    "uri_limit": (16_384, "characters of path and query; more is 414"),
    # Writing
    "refuse_duplicates": (True, "a record named twice in batch/update or upsert is 400"),
    "validation_rule_error": ("VALIDATION_RULE_VIOLATION", "the code of a value that breaks a rule"),
    "unique_properties_on_tasks": (True, "whether tasks may have properties with unique values"),
    "upsert_on_tasks": (True, "whether tasks have batch/upsert"),
    "merged_in_batch": ("error", "or omit: what batch/update says of a merged record's old id"),
    "merge_limit": (250, "records that one record may take in by merges"),
    # What takes its time: files that go out and come in
    "export_seconds": (0.0, "how long an export takes; 0 is done at the first look"),
    "export_limit": (30, "exports in 24 hours"),
    "export_url_seconds": (300, "how long the address of an export's file is good for"),
    "export_zip_bytes": (2_000_000, "a CSV above this is zipped"),
    "import_seconds": (0.0, "how long an import takes; 0 is done at the first look"),
    # Webhooks
    "webhooks": (True, "false: as for a service key, which has none"),
    "webhook_batch": (100, "events in one delivery at most"),
    "webhook_timeout": (5.0, "real seconds until a delivery counts as failed"),
    "webhook_retries": (10, "attempts after the first"),
    "webhook_retry_seconds": (8640.0, "emulated seconds between attempts: ten of them fill a day"),
    "webhook_duplicates": (False, "every event comes twice"),
    "webhook_disorder": (False, "the events of a delivery come in reverse"),
}

# Settings that are one of a few words.
CHOICES: Mapping[str, tuple[Json, ...]] = {
    "tier": tuple(TIERS),
    "no_associations": ("error", "omit"),
    "batch_read_order": ("id", "input"),
    "merged_in_batch": ("error", "omit"),
}


def defaults() -> dict[str, Json]:
    """Every setting with its default, lists of their own."""
    return {name: list(value) if isinstance(value, list) else value for name, (value, _) in TABLE.items()}
