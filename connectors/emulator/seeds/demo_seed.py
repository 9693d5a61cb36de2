"""The seed `demo`: the story of one vendor and its customers, told to both CRMs."""

from typing import Any

from connectors.emulator.seeds.acts import acts_of
from connectors.emulator.seeds.hubspot_records import HubSpotSeed
from connectors.emulator.seeds.identifiers import Numbering
from connectors.emulator.seeds.salesforce_records import SalesforceSeed
from connectors.emulator.seeds.story import read_story


def demo_seed() -> dict[str, Any]:
    """Build the demo story as one seed object with relative moments; called by `connectors.emulator.seeds.load`.

    Salesforce is told first, because HubSpot's integration ids name its records.
    """
    story, numbering = read_story(), Numbering()
    salesforce = SalesforceSeed(story, numbering)
    hubspot = HubSpotSeed(story, numbering, salesforce.account_ids, salesforce.contact_ids)
    for account in (*story.accounts, *story.prospects):
        acts = acts_of(account)
        salesforce.tell([act for act in acts if act.in_salesforce], account)
        hubspot.tell([act for act in acts if act.in_hubspot], account)
    return {"salesforce": salesforce.payload(), "hubspot": hubspot.payload()}
