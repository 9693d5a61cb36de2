"""The switches of an org: behaviour that differs between orgs, editions and releases, or that nobody documents.

`GET /_emulator/limits` shows them, `POST /_emulator/limits {"salesforce": {name: value}}` changes them while the org
runs, and every seed puts them back. TABLE is the whole documentation: each row is a default and what it decides.
"""

from collections.abc import Mapping

from connectors.emulator.wire import Json

# Objects that Bulk API 2.0 does not know (wire contract 6.1, and what third parties list).
_NOT_IN_BULK = (
    "AcceptedEventRelation", "CaseStatus", "ContractStatus", "DeclinedEventRelation", "FieldSecurityClassification",
    "OrderStatus", "PartnerRole", "RecentlyViewed", "SolutionStatus", "TaskPriority", "TaskStatus",
    "UndecidedEventRelation", "WorkOrderStatus",
)  # fmt: skip
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
    "concurrent_long_calls": (
        25,
        "long calls under way at once until REQUEST_LIMIT_EXCEEDED; 5 in a Developer Edition",
    ),
    "long_call_seconds": (20, "from when a call counts as long, in real seconds"),
    "replication_ids": (600_000, "the most ids that getUpdated() and getDeleted() give"),
    "replication_log_days": (30, "how far back they reach"),
    "storage_mb": (11_264, "data storage; a record takes 2 KB, and when it is spent STORAGE_LIMIT_EXCEEDED"),
    "storage_status": (400, "the HTTP status of STORAGE_LIMIT_EXCEEDED on a single record; or 403"),
    "composite_queries": (5, "queries and collections in one composite request"),
    # Queries
    "locator_seconds": (172_800, "a query cursor lives two days"),
    "page_size": (2000, "records on a page; the server may give fewer than asked"),
    "short_pages": (False, "pages of a query vary between half and all of their size"),
    "open_cursors": (0, "a user's queries that may be open at once, the oldest is dropped; 0 is any number"),
    "unordered": (False, "shuffle what no ORDER BY puts in order"),
    # Bulk API 2.0
    "bulk_polls": (0, "how many looks at a bulk job find it unfinished"),
    "bulk_seconds": (0, "how long a bulk job takes, by the emulated clock"),
    "bulk_kept_seconds": (604_800, "how long the results of a job are kept"),
    "bulk_batch_records": (10_000, "rows of an upload that are worked on at a time and count as one batch"),
    "bulk_page_records": (250_000, "the most records in a page of query results, and the default"),
    "bulk_list_jobs": (1000, "jobs in one answer of the list of jobs"),
    "bulk_upload_bytes": (104_857_600, "the most bytes of an upload: 100 MiB of CSV, 150 MB in base64"),
    "bulk_charset": (True, "whether text/csv answers name their charset"),
    "bulk_hard_delete": (True, "whether the integration user may delete for good"),
    "bulk_unsupported": ([*_NOT_IN_BULK], "objects that Bulk API 2.0 does not know"),
    "bulk_job_error": ("", "the errorMessage every job fails with, after writing bulk_job_error_row rows"),
    "bulk_job_error_row": (0, "see bulk_job_error"),
    "bulk_query_jobs_limit": (10_000, "query jobs in 24 hours"),
    "bulk_query_jobs_used": (0, "how many of them are spent"),
    "bulk_query_mb_limit": (976_562, "MB of query results in 24 hours"),
    "bulk_query_mb_used": (0, "how many of them are spent"),
    "bulk_batches_limit": (15_000, "batches of uploads in 24 hours"),
    "bulk_batches_used": (0, "how many of them are spent"),
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
