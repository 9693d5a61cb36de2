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
      for kind in ("contacts", "companies", "deals")
      for right in ("read", "write")),
    "crm.objects.owners.read",
    "crm.lists.read",
    "crm.export",
    "sales-email-read",
    "settings.users.read",
)  # fmt: skip


def defaults() -> dict[str, Json]:
    """List every setting with its default."""
    return {
        "scopes": list(ALL_SCOPES),
        "ten_secondly_limit": 190,  # Professional and Enterprise, per private app
        "oauth_ten_secondly_limit": 110,  # per installing account
        "daily_limit": 625_000,  # Professional
        "search_limit": 5,  # requests per second, all apps together
        "association_limit": 150,  # batch endpoints, per ten seconds
        "association_daily_limit": 500_000,
        "retry_after": False,  # whether a 429 says how long to wait; HubSpot does not document it
        "access_token_seconds": 1800,
        "search_lag": 5.0,  # seconds until a write is found
        "search_window": 10_000,  # results one query can be paged through
        "inline_associations": 100,  # associations of one type inside a record
        "validation_rule_error": "VALIDATION_RULE_VIOLATION",  # code of a value that breaks a rule
        "unique_properties_on_tasks": True,
        "upsert_on_tasks": True,
        "merged_in_batch": "error",  # or "omit": what batch/update says of a merged record's old id
        "merge_limit": 250,
        "time_zone": "US/Eastern",
    }
