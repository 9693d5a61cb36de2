-- What people see where a buying role has an internal value.
CREATE OR REPLACE TEMP TABLE role_label (value TEXT, label TEXT);
