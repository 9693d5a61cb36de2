"""The demo story in HubSpot's words: records, associations, owners and labels of the vendor's portal."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.emulator.seeds.acts import Act
from connectors.emulator.seeds.hubspot_properties import LABELS, PROPERTIES
from connectors.emulator.seeds.identifiers import Numbering
from connectors.emulator.seeds.salesforce_records import last_active
from connectors.emulator.seeds.story import Account, Colleague, Person, Story

_TEAMS = {"Enterprise": "11", "Growth": "12", "Leadership": "13"}

_CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
_LEFT_VOICEMAIL = "b2cf5968-551e-4856-9783-52b3da59a7d0"

_PRIMARY_COMPANY = [1, 279]
_DEAL_TO_COMPANY = [5, 341]
_CONTACT_TO_DEAL = 4
_ACT_TO_CONTACT = {"emails": 198, "calls": 194, "meetings": 200, "notes": 202, "tasks": 204}
_ACT_TO_COMPANY = {"emails": 186, "calls": 182, "meetings": 188, "notes": 190, "tasks": 192}

_DECISION_MAKER_LABEL = 101
_CHAMPION_LABEL = 105
_EVERY_NTH_BY_INTEGRATION = 3
"""Of the people in both CRMs, every third is linked by e-mail alone; the others carry the integration id."""


class HubSpotSeed:
    """Collects the records of one portal; `tell` adds a company with its acts, `payload` gives the whole.

    `account_ids` and `contact_ids` are the records Salesforce holds of the same companies and people.
    """

    def __init__(
        self,
        story: Story,
        numbering: Numbering,
        account_ids: Mapping[str, str],
        contact_ids: Mapping[Person, str],
    ) -> None:
        self._numbering = numbering
        self._account_ids, self._contact_ids = account_ids, contact_ids
        self._records: dict[str, list[dict[str, Any]]] = {}
        self._associations: list[dict[str, Any]] = []
        self._contacts: dict[Person, str] = {}
        self._companies: dict[str, str] = {}
        self._owners = {colleague.name: str(4101 + place) for place, colleague in enumerate(story.colleagues)}
        self._emails = {colleague.name: colleague.email for colleague in story.colleagues}
        self._colleagues = story.colleagues

    def payload(self) -> dict[str, Any]:
        """Return the HubSpot part of the seed object."""
        return {
            "portal_id": 48120733,
            "properties": PROPERTIES,
            "labels": LABELS,
            "owners": [self._owner(colleague) for colleague in self._colleagues],
            "records": self._records,
            "associations": self._associations,
        }

    def tell(self, acts: Sequence[Act], account: Account) -> None:
        """Add `account`, its people, deals and `acts`, where the story says that HubSpot knows it."""
        if account.crm == "sf":
            return
        self._company(account)
        people = [person for person in account.people if person.crm != "sf"]
        for person in people:
            self._contact(person, account)
        self._deals(account, people)
        for act in acts:
            self._act(act, account)

    def _owner(self, colleague: Colleague) -> dict[str, Any]:
        first, last = colleague.name.split(" ", maxsplit=1)
        number = self._owners[colleague.name]
        return {
            "id": number,
            "email": colleague.email,
            "firstName": first,
            "lastName": last,
            "userId": int(number) - 4000 if colleague.active else None,
            "archived": not colleague.active,
            "teams": [{"id": _TEAMS[colleague.team], "name": colleague.team, "primary": True}],
        }

    def _add(self, kind: str, created: str, properties: dict[str, Any]) -> str:
        number = self._numbering.hubspot(kind)
        stamps = _stamps(kind, created)
        filled = {name: _text(value) for name, value in properties.items() if value is not None}
        self._records.setdefault(kind, []).append({"id": number, "properties": filled | stamps, "archived": False})
        return number

    def _link(self, start: str, end: str, *types: int) -> None:
        self._associations.append({"from": start, "to": end, "types": list(types)})

    def _company(self, account: Account) -> None:
        self._companies[account.name] = self._add(
            "companies",
            f"@-{account.since + 40}dT08:00",
            {
                "name": account.name,
                "domain": account.domain,
                "lifecyclestage": "customer" if account.customer else "opportunity",
                "hubspot_owner_id": self._owners[account.owner],
                "salesforceaccountid": self._account_ids.get(account.name),
                "segment": account.segment,
                "product_breadth": account.breadth,
                "value_received": account.value_received,
                "arr": account.arr,
                "seats": account.seats,
                "customer_since": _ago(account.since) if account.customer else None,
                "renewal_date": _ago(account.renewal) if account.customer else None,
                "activity_capture_since": _ago(account.captured),
            },
        )

    def _contact(self, person: Person, account: Account) -> None:
        first, last = person.name.split(" ", maxsplit=1)
        number = self._add(
            "contacts",
            f"@-{account.since + 30}dT08:00",
            {
                "firstname": first,
                "lastname": last,
                "email": person.hubspot_email or person.email,
                "jobtitle": person.title,
                "department": person.department,
                "hubspot_owner_id": self._owners[account.owner],
                "salesforcecontactid": self._integration_id(person),
                "hs_buying_role": _buying_role(person),
                "left_company_on": _ago(person.left),
                **(_measures(person) if person.crm == "hs" else {}),
            },
        )
        self._contacts[person] = number
        label = [_DECISION_MAKER_LABEL] if person.via == "label" else []
        self._link(f"contacts/{number}", f"companies/{self._companies[account.name]}", *_PRIMARY_COMPANY, *label)

    def _integration_id(self, person: Person) -> str | None:
        """Two thirds of the shared people carry the id; the others are the same person by address alone."""
        by_address = len(self._contacts) % _EVERY_NTH_BY_INTEGRATION == 0 and person.hubspot_email is None
        return None if by_address else self._contact_ids.get(person)

    def _deals(self, account: Account, people: Sequence[Person]) -> None:
        if not account.customer:
            self._deal(account, people, "First contract", "qualifiedtobuy", -60)
            return
        if account.crm == "hs":
            self._deal(account, people, "First contract", "closedwon", account.since)
        self._deal(account, people[:2], "Renewal", "contractsent", account.renewal)

    def _deal(self, account: Account, people: Sequence[Person], title: str, stage: str, close: int) -> None:
        deal = self._add(
            "deals",
            f"@-{max(close, 0) + 30}dT09:00",
            {
                "dealname": f"{account.name}: {title}",
                "amount": account.arr,
                "closedate": f"@{-close:+d}dT12:00",
                "dealstage": stage,
                "pipeline": "default",
                "hs_is_closed": stage == "closedwon",
                "hs_is_closed_won": stage == "closedwon",
                "hubspot_owner_id": self._owners[account.owner],
            },
        )
        self._link(f"deals/{deal}", f"companies/{self._companies[account.name]}", *_DEAL_TO_COMPANY)
        for person in people:
            if person.named:
                label = [_CHAMPION_LABEL] if person.via == "deal label" else []
                self._link(f"contacts/{self._contacts[person]}", f"deals/{deal}", _CONTACT_TO_DEAL, *label)

    def _act(self, act: Act, account: Account) -> None:
        match act.kind:
            case "mail out" | "mail in" | "automatic reply" | "newsletter":
                self._record(act, account, "emails", self._mail(act, account))
            case "call" | "missed call" | "inbound call":
                self._record(act, account, "calls", _call(act))
            case "meeting" | "review" | "upcoming meeting" | "cancelled meeting":
                self._record(act, account, "meetings", _meeting(act))
            case "note":
                self._record(act, account, "notes", {"hs_note_body": act.subject})
            case _:
                task = {"hs_task_subject": act.subject, "hs_task_status": "NOT_STARTED", "hs_task_type": "TODO"}
                self._record(act, account, "tasks", task)

    def _record(self, act: Act, account: Account, kind: str, properties: dict[str, Any]) -> None:
        common = {"hs_timestamp": act.moment(), "hubspot_owner_id": self._owners[account.owner_on(act.day)]}
        number = self._add(kind, act.moment() if act.day > 0 else "@-3dT09:00", common | properties)
        self._link(f"{kind}/{number}", f"companies/{self._companies[account.name]}", _ACT_TO_COMPANY[kind])
        for person in act.people:
            self._link(f"{kind}/{number}", f"contacts/{self._contacts[person]}", _ACT_TO_CONTACT[kind])

    def _mail(self, act: Act, account: Account) -> dict[str, Any]:
        incoming = act.kind in ("mail in", "automatic reply")
        ours = self._emails[account.owner_on(act.day)]
        theirs = ";".join(person.hubspot_email or person.email for person in act.people)
        return {
            "hs_email_direction": "INCOMING_EMAIL" if incoming else "EMAIL",
            "hs_email_status": None if incoming else "SENT",
            "hs_email_subject": act.subject,
            "hs_email_from_email": theirs if incoming else ours,
            "hs_email_to_email": ours if incoming else theirs,
        }


def _call(act: Act) -> dict[str, Any]:
    connected = act.kind != "missed call"
    return {
        "hs_call_title": act.subject,
        "hs_call_direction": "INBOUND" if act.kind == "inbound call" else "OUTBOUND",
        "hs_call_status": "COMPLETED" if connected else "NO_ANSWER",
        "hs_call_disposition": _CONNECTED if connected else _LEFT_VOICEMAIL,
        "hs_call_duration": 60_000 * (3 + act.minute % 20) if connected else 0,
    }


def _meeting(act: Act) -> dict[str, Any]:
    """Every third held meeting keeps an unset outcome, as people forget to set it."""
    held = None if act.minute % 3 == 0 and act.day % 3 == 0 else "COMPLETED"
    outcomes = {"upcoming meeting": "SCHEDULED", "cancelled meeting": "CANCELED"}
    return {
        "hs_meeting_title": act.subject.removeprefix("Canceled: "),
        "hs_meeting_start_time": act.moment(),
        "hs_meeting_end_time": act.moment(later=50),
        "hs_meeting_outcome": outcomes.get(act.kind, held),
        "hs_activity_type": "Business review" if act.kind == "review" else "Check-in",
    }


def _buying_role(person: Person) -> str | None:
    """HubSpot spells buying roles in capitals; a role that Salesforce or a label tells is not told twice."""
    told_here = person.via == "buying role" or (person.via is None and person.crm == "hs")
    return person.role.upper().replace(" ", "_") if person.role and told_here else None


def _measures(person: Person) -> dict[str, Any]:
    """Usage, surveys and overrides; of people in both CRMs, Salesforce alone holds them."""
    nps, csat, praise = person.nps or (None, None), person.csat or (None, None), person.advocacy or (None, None)
    return {
        "active_days_30": person.usage,
        "last_active": _ago(last_active(person)),
        "nps_score": nps[0],
        "nps_date": _ago(nps[1]),
        "csat_score": csat[0],
        "csat_date": _ago(csat[1]),
        "advocacy_act": praise[0],
        "advocacy_date": _ago(praise[1]),
        "core_job": person.core_job,
        "rapport_confirmed_role": person.confirmed_role,
        "rapport_confirmed_depth": person.confirmed_depth,
        "rapport_confirmed_on": _ago(person.confirmed),
        "rapport_not_a_champion": person.not_a_champion or None,
        "rapport_do_not_task": person.do_not_task or None,
    }


def _stamps(kind: str, created: str) -> dict[str, str]:
    if kind == "contacts":
        return {"createdate": created, "lastmodifieddate": created}
    made = "createdate" if kind in ("companies", "deals") else "hs_createdate"
    return {made: created, "hs_lastmodifieddate": created}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ago(days: int | None) -> str | None:
    return None if days is None else f"@{-days:+d}d"
