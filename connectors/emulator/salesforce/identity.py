"""Who a token belongs to: the identity URL and OpenID Connect's userinfo."""

from connectors.emulator.salesforce import ids
from connectors.emulator.salesforce.auth import TokenError
from connectors.emulator.salesforce.dispatch import NEWEST_VERSION
from connectors.emulator.salesforce.org import Org
from connectors.emulator.wire import JsonObject

_PLACES = {
    "enterprise": "/services/Soap/c/{version}/{org}",
    "metadata": "/services/Soap/m/{version}/{org}",
    "partner": "/services/Soap/u/{version}/{org}",
    "rest": "/services/data/v{version}/",
    "sobjects": "/services/data/v{version}/sobjects/",
    "search": "/services/data/v{version}/search/",
    "query": "/services/data/v{version}/query/",
    "recent": "/services/data/v{version}/recent/",
    "tooling_soap": "/services/Soap/T/{version}/{org}",
    "tooling_rest": "/services/data/v{version}/tooling/",
    "profile": "/{user}",
}


def owner(org: Org, caller: str, org_id: str, user_id: str) -> JsonObject:
    """The user an identity URL names, which somebody with a living token asks for.

    Raises:
        TokenError: it names another org, or nobody.
    """
    if ids.canonical(org_id) != ids.canonical(org.org_id):
        raise TokenError("Wrong_Org")
    row = org.store.table("User").get(ids.canonical(user_id) or caller)
    if row is None:
        raise TokenError("Bad_Id", 404)
    return row


def identity(org: Org, user: JsonObject, origin: str, version: str) -> JsonObject:
    """The answer of the identity URL."""
    return {
        "id": f"{origin}/id/{org.org_id}/{user['Id']}",
        "asserted_user": True,
        "user_id": user["Id"],
        "organization_id": org.org_id,
        "username": user["Username"],
        "nick_name": user.get("Alias") or user["Name"],
        "display_name": user["Name"],
        "email": user.get("Email"),
        "email_verified": True,
        "first_name": user.get("FirstName"),
        "last_name": user.get("LastName"),
        "timezone": user.get("TimeZoneSidKey"),
        "photos": {"picture": f"{origin}/profilephoto/005/F", "thumbnail": f"{origin}/profilephoto/005/T"},
        "urls": _urls(org, user, origin, version),
        **_common(user),
        "last_modified_date": user["LastModifiedDate"],
        "is_app_installed": True,
    }


def userinfo(org: Org, user: JsonObject, origin: str, version: str) -> JsonObject:
    """The answer of userinfo."""
    return {
        "sub": f"{origin}/id/{org.org_id}/{user['Id']}",
        "user_id": user["Id"],
        "organization_id": org.org_id,
        "preferred_username": user["Username"],
        "nickname": user.get("Alias") or user["Name"],
        "name": user["Name"],
        "email": user.get("Email"),
        "email_verified": True,
        "given_name": user.get("FirstName"),
        "family_name": user.get("LastName"),
        "zoneinfo": user.get("TimeZoneSidKey"),
        "photos": {"picture": f"{origin}/profilephoto/005/F", "thumbnail": f"{origin}/profilephoto/005/T"},
        "profile": f"{origin}/{user['Id']}",
        "picture": f"{origin}/profilephoto/005/F",
        "address": {},
        "urls": _urls(org, user, origin, version),
        **_common(user),
        "updated_at": user["LastModifiedDate"],
    }


def _common(user: JsonObject) -> JsonObject:
    return {
        "active": bool(user.get("IsActive")),
        "user_type": str(user.get("UserType") or "Standard").upper(),
        "language": user.get("LanguageLocaleKey"),
        "locale": user.get("LocaleSidKey"),
        "utcOffset": 0,
    }


def _urls(org: Org, user: JsonObject, origin: str, version: str) -> JsonObject:
    """Where else to go; the version stays a placeholder unless the caller named one, or `latest`."""
    named = f"{NEWEST_VERSION}.0" if version == "latest" else version or "{version}"
    filled = {"version": named, "org": org.org_id, "user": user["Id"]}
    return {name: f"{origin}{place.format(**filled)}" for name, place in _PLACES.items()}
