"""The switches of a portal: limits of the account's tier and behaviour that differs between portals.

Changed from outside through the control interface while the portal runs; sources are the wire contract's figures.
"""

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


def defaults() -> dict[str, Json]:
    """List every setting with its default."""
    return {
        "scopes": list(ALL_SCOPES),
        "tier": "professional",  # sets the four limits that `figures` names; see Portal.configure
        "limit_increases": 0,
        **figures("professional", 0),
        "oauth_ten_secondly_limit": 110,  # per installing account
        "search_limit": 5,  # requests per second, all apps together
        "rate_limit_category": False,  # 429 bodies say category RATE_LIMITS instead of errorType RATE_LIMIT
        "retry_after": False,  # whether a 429 says how long to wait; HubSpot does not document it
        "access_token_seconds": 1800,
        "rotate_refresh_tokens": False,  # each refresh brings another refresh token and ends the old one
        "oauth_v1_tells_account": False,  # /oauth/v1/token answers hub_id and scopes too
        "owners_page": 500,  # owners on one page at most
        "batch_read_order": "id",  # or "input"
        "collapse_duplicates": True,  # a record named twice in batch/read is answered once
        "refuse_duplicates": True,  # a record named twice in batch/update or upsert is 400
        "iso_dates_in_search": True,  # off: filters take epoch milliseconds only
        "no_associations": "error",  # or "omit": what a batch read says of a record without associations
        "search_lag": 5.0,  # seconds until a write is found
        "search_window": 10_000,  # results one query can be paged through
        "inline_associations": 100,  # associations of one type inside a record
        "uri_limit": 16_384,  # characters of path and query; more is 414
        "validation_rule_error": "VALIDATION_RULE_VIOLATION",  # code of a value that breaks a rule
        "unique_properties_on_tasks": True,
        "upsert_on_tasks": True,
        "merged_in_batch": "error",  # or "omit": what batch/update says of a merged record's old id
        "merge_limit": 250,
        "export_seconds": 0.0,  # how long an export takes; 0 is done at the first look
        "export_limit": 30,  # per rolling day
        "export_url_seconds": 300,
        "export_zip_bytes": 2_000_000,  # a CSV above this is zipped
        "import_seconds": 0.0,
        "webhooks": True,  # off for a service key, which has none
        "webhook_batch": 100,  # events per delivery at most
        "webhook_timeout": 5.0,  # real seconds until a delivery counts as failed
        "webhook_retries": 10,
        "webhook_retry_seconds": 8640.0,  # emulated seconds between attempts: ten of them in a day
        "webhook_duplicates": False,  # every event comes twice
        "webhook_disorder": False,  # the events of a delivery come in reverse
        "time_zone": "US/Eastern",
    }
