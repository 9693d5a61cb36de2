// jsforce, unmodified: logs in, reads, writes and errs as its users do, and prints as JSON what it saw.
import jsforce from "jsforce";

const told = JSON.parse(process.env.JUDGE).salesforce;
const url = told[process.argv[2]]; // "http" or "https"
const page = 200;
const saw = {};

const refused = async (call) => {
  try {
    return { accepted: await call() };
  } catch (error) {
    return { name: error.name, errorCode: error.errorCode, message: error.message };
  }
};

const org = new jsforce.Connection({
  oauth2: { clientId: told.client_id, clientSecret: told.client_secret, loginUrl: url },
});
saw.user = await org.authorize({ grant_type: "client_credentials" });
saw.instanceUrl = org.instanceUrl;
saw.identity = await org.identity();
saw.limits = await org.limits();
saw.limitInfo = org.limitInfo;

const everybody = "SELECT Id, LastName, Score__c, DoNotCall, Account.Name, ReportsTo.Name FROM Contact ORDER BY LastName, Id";
const paged = { headers: { "Sforce-Query-Options": `batchSize=${page}` } };
const first = await org.query(everybody, paged);
saw.first = { size: first.records.length, total: first.totalSize, done: first.done, record: first.records[0] };
const second = await org.queryMore(first.nextRecordsUrl);
const third = await org.queryMore(second.nextRecordsUrl);
saw.pages = [first, second, third].map((page) => [page.records.length, page.done, page.nextRecordsUrl ?? null]);
saw.records = [first, second, third].flatMap((page) => page.records.map((record) => [record.Id, record.LastName]));
const all = await org.query("SELECT Id FROM Contact", { autoFetch: true, maxFetch: 10000, ...paged });
saw.fetched = { size: all.records.length, done: all.done, total: all.totalSize };
saw.found = await org.sobject("Contact").find({ LastName: { $like: "Person 00%" } }, ["Id", "LastName"]).sort("LastName");
saw.count = await org.sobject("Contact").count();
saw.group = (await org.query("SELECT AccountId, COUNT(Id) people FROM Contact GROUP BY AccountId")).records;

const described = await org.describe("Contact");
saw.describe = described.fields.find((field) => field.name === "Score__c");
saw.children = (await org.describe("Account")).childRelationships.map((each) => each.relationshipName);
saw.objects = (await org.describeGlobal()).sobjects.map((each) => each.name);

const contacts = org.sobject("Contact");
const made = await contacts.create({ LastName: "Fay", Key__c: "k-1" });
saw.made = made;
saw.updated = await contacts.update({ Id: made.id, Title: "CTO" });
saw.retrieved = await contacts.retrieve(made.id);
saw.upserted = [
  await contacts.upsert({ Key__c: "k-1", Title: "CEO" }, "Key__c"),
  await contacts.upsert({ Key__c: "k-2", LastName: "Gil" }, "Key__c"),
];
saw.destroyed = await contacts.destroy(made.id);
saw.gone = await refused(() => contacts.retrieve(made.id));
saw.inBin = (await org.query("SELECT Id FROM Contact WHERE IsDeleted = true", { scanAll: true })).records;

saw.batchMade = await contacts.create([{ LastName: "One" }, { FirstName: "Nobody" }, { LastName: "Three" }]);
const madeIds = saw.batchMade.filter((each) => each.success).map((each) => each.id);
saw.batchUpdated = await contacts.update(madeIds.map((Id) => ({ Id, Department: "Ops" })));
saw.batchRetrieved = (await contacts.retrieve(madeIds)).map((each) => each.Department);
saw.batchUpserted = await contacts.upsert([{ Key__c: "k-2", Title: "CFO" }, { Key__c: "k-3", LastName: "Hal" }], "Key__c");
saw.batchDestroyed = await contacts.destroy(madeIds);
saw.wholeOrNothing = await contacts.create([{ LastName: "Four" }, { FirstName: "Nobody" }], { allOrNone: true });

saw.composite = await org.request({
  method: "POST",
  url: "/composite",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({
    allOrNone: true,
    compositeRequest: [
      { method: "POST", url: `/services/data/v${org.version}/sobjects/Account`, referenceId: "firm", body: { Name: "Crux" } },
      {
        method: "POST",
        url: `/services/data/v${org.version}/sobjects/Contact`,
        referenceId: "boss",
        body: { LastName: "Boss", AccountId: "@{firm.id}" },
      },
    ],
  }),
});

saw.errors = {
  field: await refused(() => org.query("SELECT Nope FROM Contact")),
  object: await refused(() => org.query("SELECT Id FROM Nope")),
  grammar: await refused(() => org.query("SELECT FROM Contact")),
  missing: await refused(() => contacts.retrieve("003A00000l99999IAA")),
  required: await refused(() => contacts.create({ FirstName: "Nobody" })),
  locator: await refused(() => org.queryMore("/services/data/v50.0/query/01gA0000000000AIAA-200")),
  session: await refused(() => new jsforce.Connection({ instanceUrl: url, accessToken: "00D!no" }).query(everybody)),
  login: await refused(() =>
    new jsforce.Connection({
      oauth2: { clientId: told.client_id, clientSecret: "wrong", loginUrl: url },
    }).authorize({ grant_type: "client_credentials" }),
  ),
};
console.log(JSON.stringify(saw));
