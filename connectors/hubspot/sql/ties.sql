-- What the records at hand are tied to, in HubSpot's order: `main` says that it calls the other one primary, `labels`
-- are the kinds of association that say something about a role.
CREATE OR REPLACE TEMP TABLE tie (
  object TEXT,
  id TEXT NOT NULL,
  other TEXT NOT NULL,
  main BOOLEAN,
  labels STRUCT(category TEXT, "typeId" TEXT, label TEXT)[]
);
