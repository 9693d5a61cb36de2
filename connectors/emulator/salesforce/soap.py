"""The SOAP API as far as clients sign in and out with it: login() up to version 64, and logout()."""

import re
from xml.sax.saxutils import escape, unescape

from connectors.emulator.salesforce import auth
from connectors.emulator.salesforce.dispatch import FIRST_SERVED, NEWEST_VERSION
from connectors.emulator.salesforce.org import Org
from connectors.emulator.wire import JsonObject

_VALUE = r"<(?:\w+:)?{name}(?:\s[^>]*)?>(.*?)</(?:\w+:)?{name}>"
_OPERATION = re.compile(r"<(?:\w+:)?Body(?:\s[^>]*)?>\s*<(?:\w+:)?(\w+)")
_ENTITIES = {"&quot;": '"', "&apos;": "'"}
# Newer API versions have no login() any more (wire contract, section 0).
_LAST_LOGIN = 64
_APIS = {"u": "partner", "c": "enterprise"}
_INVALID_LOGIN = "Invalid username, password, security token; or user locked out."
_TEXTS = {
    "INVALID_LOGIN": _INVALID_LOGIN,
    "PASSWORD_LOCKOUT": "The password lockout is in force after too many attempts.",
    "LOGIN_MUST_USE_SECURITY_TOKEN": f"{_INVALID_LOGIN} Are you at a new location? When accessing Salesforce from "
    "outside of your company's trusted networks, you must add a security token to your password to log in.",
}


def answer(org: Org, api: str, version: str, envelope: str, origin: str) -> tuple[int, str]:
    """The HTTP status and the XML for a SOAP message; `api` is `u` (partner) or `c` (enterprise)."""
    urn = f"urn:{_APIS.get(api, 'partner')}.soap.sforce.com"
    match = _OPERATION.search(envelope)
    operation = match[1] if match else "login"
    if operation == "logout":
        ended = auth.revoke(org, _value(envelope, "sessionId"))
        text = "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session hash"
        return (200, _envelope(urn, "<logoutResponse/>")) if ended else (500, _fault("INVALID_SESSION_ID", text))
    if operation != "login":
        text = f"No operation available for request {{{urn}}}{operation}, please check the WSDL for the service."
        return 500, _fault("INVALID_OPERATION", text)
    refusal = _refusal(org, version, envelope)
    return (500, _fault(*refusal)) if refusal else (200, _envelope(urn, _logged_in(org, api, version, origin)))


def _refusal(org: Org, version: str, envelope: str) -> tuple[str, str] | None:
    number = int(version[:2]) if re.fullmatch(r"\d\d\.0", version, re.ASCII) else 0
    if not FIRST_SERVED <= number <= min(_LAST_LOGIN, NEWEST_VERSION):
        return "UNSUPPORTED_API_VERSION", "login() is not available in this API version"
    if not org.settings["soap_login"]:
        return "INVALID_OPERATION", "SOAP API login() is disabled by default in this org."
    if not org.settings["api_enabled"]:
        return "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"
    code = auth.check_password(org, _value(envelope, "username"), _value(envelope, "password"))
    if not code and not org.store.table("User")[org.user_id].get("IsActive"):
        code = "INVALID_LOGIN"
    if not code and not org.settings["any_api_auth"]:
        return "INSUFFICIENT_ACCESS", "The user needs the Use Any API Auth permission to call login()"
    if not code and auth.too_many(org):
        return "LOGIN_RATE_EXCEEDED", "login rate exceeded"
    return (code, _TEXTS[code]) if code else None


def _value(envelope: str, name: str) -> str:
    match = re.search(_VALUE.format(name=name), envelope, re.DOTALL)
    return unescape(match[1], _ENTITIES) if match else ""


def _logged_in(org: Org, api: str, version: str, origin: str) -> str:
    user = org.store.table("User")[org.user_id]
    short = org.org_id[:15]
    result = {
        "metadataServerUrl": f"{origin}/services/Soap/m/{version}/{short}",
        "passwordExpired": "false",
        "sandbox": "false",
        "serverUrl": f"{origin}/services/Soap/{api}/{version}/{short}",
        "sessionId": auth.open_session(org, org.user_id),
        "userId": org.user_id,
    }
    told = _elements(result) + f"<userInfo>{_elements(_user_info(org, user))}</userInfo>"
    return f"<loginResponse><result>{told}</result></loginResponse>"


def _user_info(org: Org, user: JsonObject) -> dict[str, str]:
    company = org.store.table("Organization")[org.org_id]
    return {
        "accessibilityMode": "false",
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": "26214400",
        "orgDefaultCurrencyIsoCode": "USD",
        "orgDisallowHtmlAttachments": "false",
        "orgHasPersonAccounts": "false",
        "organizationId": org.org_id,
        "organizationMultiCurrency": "false",
        "organizationName": company.get("Name") or "",
        "profileId": user.get("ProfileId") or "",
        "roleId": user.get("UserRoleId") or "",
        "sessionSecondsValid": str(org.settings["session_timeout_seconds"]),
        "userEmail": user.get("Email") or "",
        "userFullName": user.get("Name") or "",
        "userId": user["Id"],
        "userLanguage": user.get("LanguageLocaleKey") or "",
        "userLocale": user.get("LocaleSidKey") or "",
        "userName": user["Username"],
        "userTimeZone": user.get("TimeZoneSidKey") or "",
        "userType": user.get("UserType") or "Standard",
        "userUiSkin": "Theme3",
    }


def _elements(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def _envelope(urn: str, body: str) -> str:
    return f'{_BEGIN}xmlns="{urn}"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'


def _fault(code: str, message: str) -> str:
    text = escape(message)
    return (
        f'{_BEGIN}xmlns:sf="urn:fault.partner.soap.sforce.com" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {text}</faultstring>"
        f'<detail><sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{text}</sf:exceptionMessage></sf:LoginFault></detail>"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )


_BEGIN = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
)
