"""The switches of an org: behaviour that differs between orgs, editions and releases, or that nobody documents.

`GET /_emulator/limits` shows them, `POST /_emulator/limits {"salesforce": {name: value}}` changes them while the org
runs, and every seed puts them back. TABLE is the whole documentation: each row is a default and what it decides.
"""

from collections.abc import Mapping

from connectors.emulator.wire import Json

TABLE: Mapping[str, tuple[Json, str]] = {
    # Sessions and logins
    "session_timeout_seconds": (7200, "a session ends after so long without use"),
    "dead_session": ("INVALID_SESSION_ID", "how a dead session is refused; or Bad_OAuth_Token: as plain text, no JSON"),
    "api_enabled": (True, "false: API_DISABLED_FOR_ORG to every call and to SOAP login"),
    "client_credentials_user": (True, "false: the app names no user to run as, so client credentials are refused"),
    "jwt_seconds": (300, "the farthest a JWT may expire from now"),
    "approved_users": ([], "usernames that have approved the app, besides the integration user; for JWT bearer"),
    "rotate_refresh_tokens": (False, "every refresh answers a new refresh token and kills the one used"),
    "password_login": (True, "false: the OAuth username-password flow is blocked, as in new orgs"),
    "soap_login": (True, "false: SOAP login() is INVALID_OPERATION, as in orgs made since Winter '26"),
    "any_api_auth": (True, "false: the user lacks Use Any API Auth, so SOAP login() is INSUFFICIENT_ACCESS"),
    "trusted_network": (False, "true: passwords need no security token"),
    "login_attempts": (10, "wrong passwords in a row until PASSWORD_LOCKOUT; 0 for never"),
    "logins_per_hour": (3600, "tokens one user may get; more are rate_limit_exceeded, and LOGIN_RATE_EXCEEDED in SOAP"),
    # Limits
    "daily_limit": (100_000, "calls in 24 hours"),
    "daily_used": (0, "how many of them are spent"),
    "storage_mb": (11_264, "data storage; a record takes 2 KB, and when it is spent STORAGE_LIMIT_EXCEEDED"),
    "storage_status": (400, "the HTTP status of STORAGE_LIMIT_EXCEEDED on a single record; or 403"),
    "composite_queries": (5, "queries and collections in one composite request"),
    # Queries
    "locator_seconds": (172_800, "a query cursor lives two days"),
    "page_size": (2000, "records on a page; the server may give fewer than asked"),
    "unordered": (False, "shuffle what no ORDER BY puts in order"),
    # What the integration user may see and change
    "hidden_objects": ([], "Case: the user has no right to the object, which looks as if it did not exist"),
    "hidden_fields": ([], "Contact.Title: the user has no right to read the field"),
    "read_only_fields": ([], "Contact.Title: the user may read, but not write"),
    # Writes
    "activity_unique": (False, "whether custom fields of Activity may be unique"),
    "activity_upsert": (True, "whether tasks and events may be upserted by external id"),
    "unknown_field_fails": ("request", "what an unknown field in a collection spoils; or record"),
    "duplicate_result_key": ("duplicateResult", "the key in a refusal of one record; old orgs spell it duplicateResut"),
    "recycle_bin_days": (15, "how long queryAll finds what is deleted"),
    "row_milliseconds": (0, "slow triggers: the answer waits so long for each record written"),
    "row_locks": (False, "a write whose record or parents another unanswered call holds: UNABLE_TO_LOCK_ROW at once"),
    "record_faults": ([], "refusals of single records by number, see rowfaults"),
}


# Settings that are one of a few words, and numbers that would stop the emulator.
CHOICES: Mapping[str, tuple[Json, ...]] = {
    "dead_session": ("INVALID_SESSION_ID", "Bad_OAuth_Token"),
    "storage_status": (400, 403),
    "unknown_field_fails": ("request", "record"),
    "duplicate_result_key": ("duplicateResult", "duplicateResut"),
}
MOST: Mapping[str, int] = {"recycle_bin_days": 36_500, "row_milliseconds": 60_000}


def defaults() -> dict[str, Json]:
    """Every setting with its default, lists of their own."""
    return {name: list(value) if isinstance(value, list) else value for name, (value, _) in TABLE.items()}
