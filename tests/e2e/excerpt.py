"""A few accounts of the demo story with everything about them: small enough that a story takes a second, not ten."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.emulator import seeds

Rows = list[dict[str, Any]]

ACCOUNTS = frozenset({"Amberline Bakery", "Northgate Tutors", "Kingsferry Parcel", "Obsidian Rail", "Ironwood Telecom"})
"""Covered in Salesforce, never in touch, in both CRMs, with gaps in Salesforce, with gaps in HubSpot."""


def write(folder: Path, now: float) -> Path:
    """Write the excerpt, dated relative to `now` (epoch seconds), as a seed folder of the emulator."""
    story = seeds.load("demo", datetime.fromtimestamp(now, UTC))
    cut = {"salesforce": salesforce(story["salesforce"]), "hubspot": hubspot(story["hubspot"])}
    folder.mkdir()
    (folder / "seed.json").write_text(json.dumps(cut), encoding="utf-8")
    return folder


def salesforce(org: dict[str, Any]) -> dict[str, Any]:
    """Keep the accounts and, step by step, what points to them."""
    records: dict[str, Rows] = org["records"]
    kept: dict[str, Rows] = {"User": records["User"]}
    kept["Account"] = [row for row in records["Account"] if row["Name"] in ACCOUNTS]

    def follow(name: str, field: str, *parents: str) -> None:
        known = {row["Id"] for parent in parents for row in kept[parent]}
        kept[name] = [row for row in records[name] if row.get(field) in known]

    for name in ("Contact", "AccountContactRelation", "Opportunity"):
        follow(name, "AccountId", "Account")
    known_people = {row["Id"] for row in kept["Contact"]}
    kept["AccountContactRelation"] = [r for r in kept["AccountContactRelation"] if r["ContactId"] in known_people]
    follow("OpportunityContactRole", "OpportunityId", "Opportunity")
    follow("EmailMessage", "RelatedToId", "Account")
    follow("EmailMessageRelation", "EmailMessageId", "EmailMessage")
    for name in ("Task", "Event"):
        follow(name, "WhatId", "Account", "Opportunity")
    follow("EventRelation", "EventId", "Event")
    return {**org, "records": kept}


def hubspot(portal: dict[str, Any]) -> dict[str, Any]:
    """Keep the companies, who and what is tied to them, and the ties among what is kept."""
    records: dict[str, Rows] = portal["records"]
    companies = [row for row in records["companies"] if row["properties"]["name"] in ACCOUNTS]
    kept = {f"companies/{row['id']}" for row in companies}
    ties: Rows = portal["associations"]
    for take in (_tied(ties, "contacts"), _tied(ties, "")):
        kept = kept | take(kept)
    rows = {name: [row for row in found if f"{name}/{row['id']}" in kept] for name, found in records.items()}
    inside = [tie for tie in ties if tie["from"] in kept and tie["to"] in kept]
    return {**portal, "records": rows, "associations": inside}


def _tied(ties: Rows, kind: str) -> Callable[[set[str]], set[str]]:
    """Give a step that finds what is tied to what is kept; other companies stay out."""

    def step(kept: set[str]) -> set[str]:
        ends = [(tie["from"], tie["to"]) for tie in ties] + [(tie["to"], tie["from"]) for tie in ties]
        return {a for a, b in ends if b in kept and a.startswith(kind) and not a.startswith("companies/")}

    return step
