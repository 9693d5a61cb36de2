"""The demo story in Salesforce's words: records, relations and the custom fields of the vendor's organisation."""

from collections.abc import Sequence
from random import Random
from typing import Any

from connectors.emulator.seeds.acts import Act
from connectors.emulator.seeds.identifiers import Numbering
from connectors.emulator.seeds.salesforce_fields import FIELDS
from connectors.emulator.seeds.story import Account, Colleague, Person, Story

Record = dict[str, Any]

_TWIN_SHARE = 0.4
"""Share of e-mails that also left a task of subtype Email, as Salesforce does for mail sent from a record."""

_ARCHIVED_AFTER = 365
"""Days after which Salesforce archives events and closed tasks."""


class SalesforceSeed:
    """Collects the records of one organisation; `tell` adds an account with its acts, `payload` gives the whole."""

    def __init__(self, story: Story, numbering: Numbering) -> None:
        self._numbering = numbering
        self._chance = Random("salesforce")
        self._second = dict(story.second_accounts)
        self._records: dict[str, list[Record]] = {}
        self._guests: list[tuple[Person, str]] = []
        self.account_ids: dict[str, str] = {}
        """Account name -> record id."""
        self.contact_ids: dict[Person, str] = {}
        """Person -> record id."""
        self._users = {colleague.name: numbering.salesforce("User") for colleague in story.colleagues}
        self._emails = {colleague.name: colleague.email for colleague in story.colleagues}
        self._records["User"] = [self._user(colleague) for colleague in story.colleagues]

    def payload(self) -> dict[str, Any]:
        """Return the Salesforce part of the seed object."""
        for person, account_name in self._guests:
            self._relate(person, self.account_ids[account_name], direct=False)
        return {
            "features": {"shared_activities": True},
            "fields": FIELDS,
            "records": self._records,
            "deleted": {},
        }

    def tell(self, acts: Sequence[Act], account: Account) -> None:
        """Add `account`, its people, deals and `acts`, where the story says that Salesforce knows it."""
        if account.crm == "hs":
            return
        self._account(account)
        people = [person for person in account.people if person.crm != "hs"]
        for person in people:
            self._contact(person, account)
        self._report_lines(people)
        self._deals(account, people)
        for act in acts:
            self._act(act, account)

    def _add(self, name: str, created: str, **fields: Any) -> str:
        record_id = fields.pop("Id", None) or self._numbering.salesforce(name)
        stamps = {"CreatedDate": created, "LastModifiedDate": created, "SystemModstamp": created, "IsDeleted": False}
        self._records.setdefault(name, []).append({"Id": record_id, **fields, **stamps})
        return record_id

    def _user(self, colleague: Colleague) -> Record:
        first, last = colleague.name.split(" ", maxsplit=1)
        return {
            "Id": self._users[colleague.name],
            "Name": colleague.name,
            "FirstName": first,
            "LastName": last,
            "Username": colleague.email,
            "Email": colleague.email,
            "Title": colleague.title,
            "ManagerId": self._users[colleague.manager] if colleague.manager else None,
            "IsActive": colleague.active,
            "CreatedDate": "@-900dT08:00",
            "SystemModstamp": "@-900dT08:00",
        }

    def _account(self, account: Account) -> None:
        self.account_ids[account.name] = self._add(
            "Account",
            f"@-{account.since + 40}dT08:00",
            Name=account.name,
            Type="Customer - Direct" if account.customer else "Prospect",
            Website=f"https://www.{account.domain}",
            OwnerId=self._users[account.owner],
            Segment__c=account.segment,
            Product_Breadth__c=account.breadth,
            Value_Received__c=account.value_received,
            ARR__c=account.arr,
            Seats__c=account.seats,
            Customer_Since__c=_ago(account.since) if account.customer else None,
            Renewal_Date__c=_ago(account.renewal) if account.customer else None,
            Activity_Capture_Since__c=_ago(account.captured),
        )

    def _contact(self, person: Person, account: Account) -> None:
        first, last = person.name.split(" ", maxsplit=1)
        self.contact_ids[person] = self._add(
            "Contact",
            f"@-{account.since + 30}dT08:00",
            FirstName=first,
            LastName=last,
            Name=person.name,
            Email=person.email,
            Title=person.title,
            Department=person.department,
            AccountId=self.account_ids[account.name],
            OwnerId=self._users[account.owner],
            ReportsToId=None,
            EmailBouncedDate=None if person.bounced is None else f"@-{person.bounced}dT11:20",
            EmailBouncedReason=None if person.bounced is None else "550 5.1.1 mailbox unavailable",
            Left_Company_On__c=_ago(person.left),
            **_measures(person),
            **_overrides(person),
        )
        self._relate(person, self.account_ids[account.name], direct=True)
        if person.name in self._second:
            self._guests.append((person, self._second[person.name]))

    def _relate(self, person: Person, account_id: str, *, direct: bool) -> None:
        self._add(
            "AccountContactRelation",
            "@-600dT08:00",
            AccountId=account_id,
            ContactId=self.contact_ids[person],
            IsDirect=direct,
            IsActive=not person.inactive,
            EndDate="@-50d" if person.inactive else None,
            Roles=person.role if direct and person.via == "relation" else None,
        )

    def _report_lines(self, people: Sequence[Person]) -> None:
        """Everybody below a vice president reports to the first one, as far as the account has one."""
        chief = next((person for person in people if _leads(person)), None)
        if chief is None:
            return
        subordinates = {self.contact_ids[person] for person in people if not _leads(person) and person.named}
        for record in self._records["Contact"]:
            if record["Id"] in subordinates:
                record["ReportsToId"] = self.contact_ids[chief]

    def _deals(self, account: Account, people: Sequence[Person]) -> None:
        if not account.customer:
            self._deal(account, "First contract", "Discovery", (-60, 20))
            return
        won = self._deal(account, "First contract", "Closed Won", (account.since, 100))
        self._deal(account, "Renewal", "Negotiation", (account.renewal, 60))
        if account.lost_deal:
            self._deal(account, "Expansion to all sites", "Closed Lost", (140, 0))
        for person in people:
            if person.role and person.via is None:
                self._name_role(won, person, account)

    def _deal(self, account: Account, title: str, stage: str, close: tuple[int, int]) -> str:
        """Add a deal; `close` is its close date in days ago and its probability."""
        return self._add(
            "Opportunity",
            f"@-{max(close[0], 0) + 30}dT09:00",
            Name=f"{account.name}: {title}",
            AccountId=self.account_ids[account.name],
            OwnerId=self._users[account.owner],
            StageName=stage,
            Amount=account.arr,
            CloseDate=_ago(close[0]),
            Probability=close[1],
            IsClosed=stage.startswith("Closed"),
            IsWon=stage == "Closed Won",
        )

    def _name_role(self, deal: str, person: Person, account: Account) -> None:
        self._add(
            "OpportunityContactRole",
            f"@-{account.since + 20}dT09:00",
            OpportunityId=deal,
            ContactId=self.contact_ids[person],
            Role=person.role,
            IsPrimary=False,
        )

    def _act(self, act: Act, account: Account) -> None:
        match act.kind:
            case "mail out" | "mail in" | "automatic reply" | "newsletter":
                self._mail(act, account)
            case "call" | "missed call" | "inbound call":
                self._call(act, account)
            case "meeting" | "review" | "upcoming meeting" | "cancelled meeting":
                self._event(act, account)
            case _:
                self._plain_task(act, account)

    def _mail(self, act: Act, account: Account) -> None:
        incoming = act.kind in ("mail in", "automatic reply")
        ours, theirs = self._emails[account.owner_on(act.day)], "; ".join(person.email for person in act.people)
        twinned = act.kind != "newsletter" and self._chance.random() < _TWIN_SHARE
        message = self._add(
            "EmailMessage",
            act.moment(),
            Incoming=incoming,
            FromAddress=theirs if incoming else ours,
            ToAddress=ours if incoming else theirs,
            MessageDate=act.moment(),
            Subject=act.subject,
            Status="1" if incoming else "3",
            RelatedToId=self.account_ids[account.name],
            ActivityId=self._twin(act, account) if twinned else None,
        )
        self._address(message, self._users[account.owner_on(act.day)], "ToAddress" if incoming else "FromAddress", act)
        for person in act.people:
            self._address(message, self.contact_ids[person], "FromAddress" if incoming else "ToAddress", act)

    def _address(self, message: str, relation: str, kind: str, act: Act) -> None:
        fields = {"EmailMessageId": message, "RelationId": relation, "RelationType": kind}
        self._add("EmailMessageRelation", act.moment(), **fields)

    def _twin(self, act: Act, account: Account) -> str:
        return self._task(act, account, Subject=f"Email: {act.subject}", TaskSubtype="Email", **_completed(act))

    def _call(self, act: Act, account: Account) -> None:
        connected = act.kind != "missed call"
        self._task(
            act,
            account,
            Subject=act.subject,
            TaskSubtype="Call",
            CallType="Inbound" if act.kind == "inbound call" else "Outbound",
            CallDisposition="Connected" if connected else "Left voicemail",
            CallDurationInSeconds=self._chance.randint(240, 1500) if connected else 20,
            **_completed(act),
        )

    def _plain_task(self, act: Act, account: Account) -> None:
        done = _completed(act) if act.kind == "note" else {"Status": "Not Started", "IsClosed": False}
        self._task(act, account, Subject=act.subject, TaskSubtype="Task", **done)

    def _task(self, act: Act, account: Account, **fields: Any) -> str:
        return self._add(
            "Task",
            act.moment() if act.day > 0 else "@-3dT09:00",
            ActivityDate=act.date(),
            Priority="Normal",
            OwnerId=self._users[account.owner_on(act.day)],
            WhoId=self.contact_ids[act.people[0]],
            WhatId=self.account_ids[account.name],
            AccountId=self.account_ids[account.name],
            IsArchived=bool(fields.get("IsClosed")) and act.day > _ARCHIVED_AFTER,
            **fields,
        )

    def _event(self, act: Act, account: Account) -> None:
        event = self._add(
            "Event",
            act.moment() if act.day > 0 else "@-3dT09:00",
            Subject=act.subject,
            Type="Business review" if act.kind == "review" else "Meeting",
            StartDateTime=act.moment(),
            EndDateTime=act.moment(later=50),
            DurationInMinutes=50,
            ActivityDate=act.date(),
            OwnerId=self._users[account.owner_on(act.day)],
            WhoId=self.contact_ids[act.people[0]],
            WhatId=self.account_ids[account.name],
            AccountId=self.account_ids[account.name],
            IsChild=False,
            IsArchived=act.day > _ARCHIVED_AFTER,
        )
        for person in act.people:
            guest = {"EventId": event, "RelationId": self.contact_ids[person], "IsWhat": False, "Status": "Accepted"}
            self._add("EventRelation", act.moment() if act.day > 0 else "@-3dT09:00", **guest)


def _leads(person: Person) -> bool:
    return person.title.startswith(("VP", "Vice President"))


def _completed(act: Act) -> Record:
    return {"Status": "Completed", "IsClosed": True, "CompletedDateTime": act.moment()}


def _measures(person: Person) -> Record:
    """Usage, surveys and acts of praise, as the organisation's own fields hold them."""
    nps, csat, praise = person.nps or (None, None), person.csat or (None, None), person.advocacy or (None, None)
    return {
        "Active_Days_30__c": person.usage,
        "Last_Active__c": _ago(last_active(person)),
        "NPS_Score__c": nps[0],
        "NPS_Date__c": _ago(nps[1]),
        "CSAT_Score__c": csat[0],
        "CSAT_Date__c": _ago(csat[1]),
        "Advocacy_Act__c": praise[0],
        "Advocacy_Date__c": _ago(praise[1]),
        "Core_Job__c": person.core_job,
    }


def _overrides(person: Person) -> Record:
    return {
        "Rapport_Confirmed_Role__c": person.confirmed_role,
        "Rapport_Confirmed_Depth__c": person.confirmed_depth,
        "Rapport_Confirmed_On__c": _ago(person.confirmed),
        "Rapport_Not_A_Champion__c": person.not_a_champion,
        "Rapport_Do_Not_Task__c": person.do_not_task,
    }


def last_active(person: Person) -> int | None:
    """Say how many days ago a person last used the product; None when usage is unknown or nil."""
    return 2 + person.usage % 4 if person.usage else None


def _ago(days: int | None) -> str | None:
    return None if days is None else f"@{-days:+d}d"
