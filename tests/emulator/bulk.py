"""Bulk API 2.0 by hand: jobs made, fed and read over plain HTTP."""

import csv
import io
from dataclasses import dataclass
from typing import Any

import requests

from tests.emulator.org import Org

Table = list[list[str]]


def parsed(content: bytes, delimiter: str = ",") -> Table:
    """The rows of a CSV answer, header first, read as RFC 4180 says."""
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), delimiter=delimiter, strict=True))


@dataclass(frozen=True, slots=True)
class Bulk:
    """The bulk resources of an org."""

    org: Org

    def made(self, kind: str, **body: object) -> Any:
        """The answer to the creation of a job, which must be accepted."""
        answer = self.org.call("POST", f"/jobs/{kind}", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def query(self, soql: str, **body: object) -> str:
        """A new query job's id."""
        return str(self.made("query", **{"operation": "query", "query": soql, **body})["id"])

    def info(self, kind: str, job: str) -> Any:
        """A look at a job."""
        answer = self.org.call("GET", f"/jobs/{kind}/{job}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def page(self, job: str, **params: object) -> requests.Response:
        """A page of a query job's results, which must be there."""
        answer = self.org.call("GET", f"/jobs/query/{job}/results", params=params)
        assert answer.status_code == 200, answer.text
        return answer

    def found(self, soql: str, **body: object) -> Table:
        """All a query finds, header first."""
        return parsed(self.page(self.query(soql, **body)).content)

    def open(self, entity: str, operation: str, **body: object) -> str:
        """A new ingest job's id."""
        return str(self.made("ingest", object=entity, operation=operation, **body)["id"])

    def put(self, job: str, content: str | bytes, kind: str = "text/csv; charset=UTF-8") -> requests.Response:
        """Upload the data of a job."""
        data = content.encode() if isinstance(content, str) else content
        headers = {"Content-Type": kind}
        return self.org.call("PUT", f"/jobs/ingest/{job}/batches", data=data, headers=headers)

    def patch(self, job: str, state: str, kind: str = "ingest") -> requests.Response:
        """Ask for another state."""
        return self.org.call("PATCH", f"/jobs/{kind}/{job}", {"state": state})

    def close(self, job: str, content: str | bytes) -> None:
        """Upload the data of a job and hand it over."""
        assert self.put(job, content).status_code == 201
        assert self.patch(job, "UploadComplete").status_code == 200

    def load(self, entity: str, operation: str, content: str | bytes, **body: object) -> Any:
        """A whole ingest job; what it says of itself at the end."""
        job = self.open(entity, operation, **body)
        self.close(job, content)
        return self.info("ingest", job)

    def results(self, job: str, name: str, delimiter: str = ",") -> Table:
        """One of the three results of an ingest job."""
        answer = self.org.call("GET", f"/jobs/ingest/{job}/{name}")
        assert answer.status_code == 200, answer.text
        return parsed(answer.content, delimiter)

    def written(self, entity: str, operation: str, content: str | bytes, **body: object) -> str:
        """The id of the one record that a job of one row writes."""
        job = self.load(entity, operation, content, **body)
        [_, row] = self.results(job["id"], "successfulResults")
        return row[0]

    def error(self, entity: str, operation: str, content: str | bytes, **body: object) -> str:
        """The error of the one row of a job, all of which must fail."""
        job = self.load(entity, operation, content, **body)
        assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 1, 1)
        [_, row] = self.results(job["id"], "failedResults")
        return row[1]

    def failure(self, entity: str, operation: str, content: str | bytes, **body: object) -> str:
        """The errorMessage of a job that must fail as a whole."""
        job = self.load(entity, operation, content, **body)
        assert job["state"] == "Failed", job
        return str(job["errorMessage"])
