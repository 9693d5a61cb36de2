"""The limits resource, and the limit on calls that last long."""

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.org import Org
from connectors.emulator.wire import JsonResponse

_DATA = "/services/data/v"
# Limits that nothing here uses up, with the figures of a paid production org.
_UNTOUCHED: Mapping[str, int] = {
    "AnalyticsExternalDataSizeMB": 40_960,
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentEinsteinDataInsightsStoryCreation": 5,
    "ConcurrentEinsteinDiscoveryStoryCreation": 2,
    "ConcurrentSyncReportRuns": 20,
    "DailyAnalyticsDataflowJobExecutions": 60,
    "DailyAnalyticsUploadedFilesSizeMB": 51_200,
    "DailyAsyncApexExecutions": 250_000,
    "DailyAsyncApexTests": 500,
    "DailyDurableGenericStreamingApiEvents": 100_000,
    "DailyDurableStreamingApiEvents": 100_000,
    "DailyEinsteinDataInsightsStoryCreation": 1000,
    "DailyEinsteinDiscoveryPredictAPICalls": 50_000,
    "DailyEinsteinDiscoveryPredictionsByCDC": 500_000,
    "DailyEinsteinDiscoveryStoryCreation": 100,
    "DailyFunctionsApiCallLimit": 235_000,
    "DailyGenericStreamingApiEvents": 10_000,
    "DailyScratchOrgs": 80,
    "DailyStandardVolumePlatformEvents": 25_000,
    "DailyStreamingApiEvents": 100_000,
    "DailyWorkflowEmails": 15_000,
    "DurableStreamingApiConcurrentClients": 1000,
    "FileStorageMB": 11_264,
    "HourlyAsyncReportRuns": 1200,
    "HourlyDashboardRefreshes": 200,
    "HourlyDashboardResults": 5000,
    "HourlyDashboardStatuses": 999_999_999,
    "HourlyLongTermIdMapping": 100_000,
    "HourlyManagedContentPublicRequests": 50_000,
    "HourlyODataCallout": 20_000,
    "HourlyPublishedPlatformEvents": 50_000,
    "HourlyPublishedStandardVolumePlatformEvents": 1000,
    "HourlyShortTermIdMapping": 100_000,
    "HourlySyncReportRuns": 500,
    "HourlyTimeBasedWorkflow": 1000,
    "MassEmail": 5000,
    "MonthlyEinsteinDiscoveryStoryCreation": 500,
    "Package2VersionCreates": 6,
    "Package2VersionCreatesWithoutValidation": 500,
    "PermissionSets": 1500,
    "PrivateConnectOutboundCalloutHourlyLimitMB": 0,
    "PublishCallbackUsageInApex": 50_000_000,
    "SingleEmail": 5000,
    "StreamingApiConcurrentClients": 2000,
}
_COUNTED: Mapping[str, str] = {
    "DailyApiRequests": "daily",
    "DailyBulkApiBatches": "bulk_batches",
    "DailyBulkV2QueryFileStorageMB": "bulk_query_mb",
    "DailyBulkV2QueryJobs": "bulk_query_jobs",
}


def limits(call: Call) -> Answer:
    """GET limits: the whole allowance and what is left of it, by name."""
    org = call.org
    counted = {
        name: {"Max": org.settings[f"{each}_limit"], "Remaining": org.left(each)} for name, each in _COUNTED.items()
    }
    untouched = {name: {"Max": most, "Remaining": most} for name, most in _UNTOUCHED.items()}
    storage = org.settings["storage_mb"]
    room = {"DataStorageMB": {"Max": storage, "Remaining": max(0, int(storage - org.storage_used()))}}
    return Answer(body=dict(sorted({**counted, **untouched, **room}.items())))


def usage(org: Org) -> Mapping[str, str]:
    """The header that tells with every answer how many calls of the day are used."""
    return {"Sforce-Limit-Info": f"api-usage={org.settings['daily_used']}/{org.settings['daily_limit']}"}


class Crowded:
    """ASGI middleware that refuses calls while too many others have been under way for too long, in real seconds."""

    def __init__(self, app: ASGIApp, org: Org) -> None:
        self._app = app
        self._org = org
        self._begun: dict[int, float] = {}
        self._serial = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer REQUEST_LIMIT_EXCEEDED."""
        if scope["type"] != "http" or not scope["path"].startswith(_DATA):
            await self._app(scope, receive, send)
            return
        now, settings = asyncio.get_running_loop().time(), self._org.settings
        long = sum(now - begun >= settings["long_call_seconds"] for begun in self._begun.values())
        if long >= settings["concurrent_long_calls"]:
            message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
            refusal = SalesforceError("REQUEST_LIMIT_EXCEEDED", message, 403)
            await JsonResponse(refusal.body(), 403, usage(self._org))(scope, receive, send)
            return
        self._serial += 1
        ours, self._begun[self._serial] = self._serial, now
        try:
            await self._app(scope, receive, send)
        finally:
            del self._begun[ours]
