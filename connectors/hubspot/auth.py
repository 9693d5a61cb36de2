"""Signs in to HubSpot: a token that never ends, or one that is renewed with a refresh token.

The transport calls what is made here, one thread at a time, ahead of a token's end and once after a refused one.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from connectors.errors import Rejected, Unusable
from connectors.options import AccessToken, HubSpotOptions, RefreshToken
from connectors.rotation import Rotating
from connectors.transport import Token, Transport

log = logging.getLogger(__name__)

TOKEN_PATH = "/oauth/v3/token"  # noqa: S105 - an address, not a secret
SignIn = Callable[[Transport], Token]


def with_token(token: str, base: str) -> SignIn:
    """Use a private app token or a service key; asked again after HubSpot refused it, it has no other to offer."""
    return lambda _: Token(token, base)


@dataclass(slots=True)
class Refreshing:
    """Renews access tokens, which live 30 minutes.

    HubSpot may hand out a new refresh token with an access token; it is kept before the access token is used, so that a
    crash cannot lose it.
    """

    base: str
    client_id: str
    client_secret: str
    refresh_token: Rotating
    now: Callable[[], float]

    def __call__(self, transport: Transport) -> Token:
        """Fetch a new access token. Raises Unusable when the grant was withdrawn."""
        asked_at = self.now()
        try:
            granted = self.refresh_token.redeemed(partial(self._granted, transport))
        except Rejected as error:
            raise Unusable(f"{error} Connect Rapport to HubSpot again.") from error
        if not isinstance(granted, dict) or "access_token" not in granted:
            raise Unusable("HubSpot answered the sign-in without a token. Connect Rapport to HubSpot again.")
        if given := granted.get("refresh_token"):
            self.refresh_token.replaced(str(given))
        return Token(str(granted["access_token"]), self.base, asked_at + float(granted.get("expires_in", 1800)))

    def _granted(self, transport: Transport, refresh_token: str) -> object:
        form = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": refresh_token,
        }
        return transport.submit(self.base + TOKEN_PATH, form).json()


def sign_in(
    options: HubSpotOptions,
    secret: Callable[[str], str],
    now: Callable[[], float],
    keep: Callable[[str, str], None] | None,
) -> SignIn:
    """Choose how to sign in by what the settings describe; see `connectors.open.open_connection`."""
    match options.auth:
        case AccessToken(access_token=token):
            return with_token(secret(token), options.url)
        case RefreshToken() as auth:
            return Refreshing(
                base=options.url,
                client_id=secret(auth.client_id),
                client_secret=secret(auth.client_secret),
                refresh_token=Rotating(partial(secret, auth.refresh_token), partial(keep or _lost, auth.refresh_token)),
                now=now,
            )
    assert_never(options.auth)


def _lost(reference: str, _: str) -> None:
    log.warning("HubSpot renewed the refresh token of %s and nobody keeps it: the next run cannot sign in.", reference)
