// jsforce's Bulk 2.0, unmodified: one query and one ingest job of each kind; prints as JSON what it saw.
import jsforce from "jsforce";

const told = JSON.parse(process.env.JUDGE).salesforce;
const url = told[process.argv[2]]; // "http" or "https"
const saw = {};

const org = new jsforce.Connection({
  oauth2: { clientId: told.client_id, clientSecret: told.client_secret, loginUrl: url },
});
await org.authorize({ grant_type: "client_credentials" });
org.bulk2.pollInterval = 50;
org.bulk2.pollTimeout = 30000;

const query = async (soql, options) => (await org.bulk2.query(soql, options)).toArray();
saw.people = await query("SELECT Id, LastName, Score__c, DoNotCall, Account.Name FROM Contact ORDER BY Id");
saw.none = await query("SELECT Id FROM Contact WHERE LastName = 'Nobody at all'");

const ingest = (operation, input, more = {}) =>
  org.bulk2.loadAndWaitForResults({ object: "Contact", operation, input, pollInterval: 50, pollTimeout: 30000, ...more });
saw.inserted = await ingest("insert", [
  { LastName: "Fay", Key__c: "b-1" },
  { LastName: 'O"Neil,\nZoë', Key__c: "b-2" },
  { LastName: "", Key__c: "b-3" },
]);
const ids = saw.inserted.successfulResults.map((each) => each.sf__Id);
saw.updated = await ingest("update", ids.map((Id) => ({ Id, Title: "CFO" })));
saw.upserted = await ingest("upsert", [{ Key__c: "b-1", LastName: "Fay", Title: "CEO" }, { Key__c: "b-9", LastName: "Hal", Title: "COO" }], {
  externalIdFieldName: "Key__c",
});
saw.deleted = await ingest("delete", ids.map((Id) => ({ Id })));
saw.left = await org.sobject("Contact").count({ Key__c: { $like: "b-%" } });
saw.inBin = (await query("SELECT Id FROM Contact WHERE IsDeleted = true", { scanAll: true })).length;

const job = org.bulk2.createJob({ object: "Contact", operation: "insert" });
await job.open();
saw.opened = { state: job.getInfo().state, id: job.id };
await job.abort();
saw.aborted = (await job.check()).state;
await job.delete();

try {
  await query("SELECT COUNT() FROM Contact");
} catch (error) {
  saw.refused = { name: error.name, errorCode: error.errorCode, message: error.message };
}
console.log(JSON.stringify(saw));
