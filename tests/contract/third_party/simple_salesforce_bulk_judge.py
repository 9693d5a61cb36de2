"""simple-salesforce's Bulk 2.0, unmodified: one query and one ingest job of each kind; prints as JSON what it saw."""

import csv
import io
import json
import os
import sys
from typing import Any

from simple_salesforce.api import Salesforce

TOLD = json.loads(os.environ["JUDGE"])["salesforce"]


def rows(text: str) -> list[dict[str, str]]:
    """The records of one page of CSV."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def main() -> None:
    """Log in by client credentials, then work in bulk."""
    keys = {"consumer_key": TOLD["client_id"], "consumer_secret": TOLD["client_secret"]}
    org: Any = Salesforce(**keys, domain=f"{TOLD['https'].removeprefix('https://')}/_")
    pages = list(org.bulk2.Contact.query("SELECT Id, LastName FROM Contact ORDER BY Id", max_records=200))
    people = [{"LastName": "Fay", "Key__c": "s-1"}, {"LastName": "", "Key__c": "s-2"}]
    inserted = org.bulk2.Contact.insert(records=people, wait=0)
    job = inserted[0]["job_id"]
    made = rows(org.bulk2.Contact.get_successful_records(job))
    ids = [{"Id": row["sf__Id"]} for row in made]
    saw = {
        "pages": [len(rows(page)) for page in pages],
        "people": {row["Id"]: row["LastName"] for page in pages for row in rows(page)},
        "inserted": inserted[0],
        "made": made,
        "failed": rows(org.bulk2.Contact.get_failed_records(job)),
        "unprocessed": rows(org.bulk2.Contact.get_unprocessed_records(job)),
        "updated": org.bulk2.Contact.update(records=[{**ids[0], "Title": "CFO"}], wait=0)[0],
        "title": org.Contact.get(ids[0]["Id"])["Title"],
        "deleted": org.bulk2.Contact.delete(records=ids, wait=0)[0],
    }
    sys.stdout.write(json.dumps(saw))


if __name__ == "__main__":
    main()
