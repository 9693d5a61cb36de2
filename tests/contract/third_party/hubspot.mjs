// @hubspot/api-client, unmodified: reads, writes and errs as its users do, and prints as JSON what it saw.
import { Client } from "@hubspot/api-client";

const told = JSON.parse(process.env.JUDGE).hubspot;
const saw = {};

const refused = async (call) => {
  try {
    return { accepted: await call() };
  } catch (error) {
    return { code: error.code, body: error.body, message: error.message };
  }
};

const crm = new Client({ accessToken: told.token, basePath: told.url }).crm;
const contacts = crm.contacts;

saw.page = await contacts.basicApi.getPage(100, undefined, ["email", "firstname", "nps"], undefined, ["companies"]);
const pages = [];
for (let after; ; ) {
  const page = await contacts.basicApi.getPage(100, after, ["email"]);
  pages.push(page.results.map((each) => [each.id, each.properties.email]));
  after = page.paging?.next?.after;
  if (!after) break;
}
saw.pages = pages;
saw.all = (await contacts.getAll(50)).map((each) => each.id);
saw.archived = (await contacts.getAll(undefined, undefined, undefined, undefined, undefined, true)).map((each) => each.id);
saw.byId = await contacts.basicApi.getById("1001", ["email", "nps", "jobtitle", "nonsense"], ["nps"], ["companies"]);
saw.byEmail = await contacts.basicApi.getById("p1002@acme.example", ["email"], undefined, undefined, false, "email");

saw.batch = await contacts.batchApi.read({
  inputs: [{ id: "1001" }, { id: "1002" }, { id: "999999" }],
  properties: ["email"],
  propertiesWithHistory: [],
});
saw.search = await contacts.searchApi.doSearch({
  filterGroups: [{ filters: [{ propertyName: "nps", operator: "EQ", value: "10" }] }],
  sorts: ["hs_object_id"],
  properties: ["nps"],
  limit: 200,
  after: "0",
  query: "",
});

const made = await contacts.basicApi.create({ properties: { email: "new@acme.example", firstname: "Nea" }, associations: [] });
saw.made = made;
saw.changed = (await contacts.basicApi.update(made.id, { properties: { firstname: "Neo" } })).properties.firstname;
saw.batchMade = await contacts.batchApi.create({ inputs: [{ properties: { firstname: "A" }, associations: [] }] });
saw.batchChanged = await contacts.batchApi.update({
  inputs: [{ id: saw.batchMade.results[0].id, properties: { firstname: "B" } }],
});
saw.upserted = await contacts.batchApi.upsert({
  inputs: [{ id: "up@acme.example", idProperty: "email", properties: { firstname: "Up" } }],
});
await contacts.basicApi.archive(made.id);
saw.gone = await refused(() => contacts.basicApi.getById(made.id));
saw.merged = (await contacts.basicApi.merge({ primaryObjectId: "1003", objectIdToMerge: "1004" })).id;
saw.followed = (await contacts.basicApi.getById("1004")).id;

const links = crm.associations.v4;
saw.links = await links.basicApi.getPage("contacts", "1001", "companies");
saw.linksBatch = await links.batchApi.getPage("contacts", "companies", { inputs: [{ id: "1001" }, { id: "1002" }] });
saw.linked = await links.basicApi.create("contacts", "1005", "companies", "9001", [
  { associationCategory: "USER_DEFINED", associationTypeId: 101 },
]);
saw.defaulted = (await links.basicApi.createDefault("contacts", "1006", "companies", "9001")).results.length;
await links.basicApi.archive("contacts", "1006", "companies", "9001");
saw.unlinked = (await links.basicApi.getPage("contacts", "1006", "companies")).results;
saw.labels = (await links.schema.definitionsApi.getAll("contacts", "companies")).results;

saw.owners = await crm.owners.ownersApi.getPage(undefined, undefined, 100);
saw.owner = await crm.owners.ownersApi.getById(91, "userId");
saw.properties = (await crm.properties.coreApi.getAll("contacts")).results.map((each) => each.name);
saw.property = await crm.properties.coreApi.getByName("contacts", "nps");
saw.propertyMade = await crm.properties.coreApi.create("contacts", {
  name: "tie",
  label: "Tie",
  type: "number",
  fieldType: "number",
  groupName: "contactinformation",
});
saw.task = await crm.objects.basicApi.create("tasks", {
  properties: { hs_timestamp: "1777593600000", hs_task_subject: "Call" },
  associations: [{ to: { id: "1001" }, types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 204 }] }],
});

const stranger = new Client({ accessToken: "pat-na1-nobody", basePath: told.url }).crm;
saw.errors = {
  token: await refused(() => stranger.contacts.basicApi.getPage()),
  missing: await refused(() => contacts.basicApi.getById("999999")),
  property: await refused(() => contacts.basicApi.update("1001", { properties: { nonsense: "x" } })),
  conflict: await refused(() => contacts.basicApi.create({ properties: { email: "P1001@acme.example" }, associations: [] })),
  limit: await refused(() => contacts.basicApi.getPage(101)),
  filter: await refused(() =>
    contacts.searchApi.doSearch({ filterGroups: [{ filters: [{ propertyName: "nps", operator: "ODD" }] }], limit: 1 }),
  ),
};
console.log(JSON.stringify(saw));
