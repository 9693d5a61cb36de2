-- Who took part in the activities at hand: links of activities to people, as Salesforce holds them.
CREATE OR REPLACE TEMP TABLE relation (
  relation_id TEXT,
  activity_id TEXT,
  person_id TEXT,
  part TEXT,
  address TEXT
);

-- Tasks that log an e-mail for which there is a message too.
CREATE OR REPLACE TEMP TABLE twin (task_id TEXT);

-- Addresses of contacts, where a link does not say its own.
CREATE OR REPLACE TEMP TABLE contact_address (contact_id TEXT, email TEXT)
