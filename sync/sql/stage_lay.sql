-- Who is read, page by page.
CREATE OR REPLACE TEMP TABLE mention (id TEXT, page BIGINT);

-- Who is the parent of rows without being read.
CREATE OR REPLACE TEMP TABLE extra (name TEXT, id TEXT, page BIGINT);

-- Who is said to be deleted.
CREATE OR REPLACE TEMP TABLE removed (id TEXT, page BIGINT);

-- Which stream ends, and whether it was listed in full.
CREATE OR REPLACE TEMP TABLE ending (source TEXT, stream TEXT, whole BOOLEAN)
