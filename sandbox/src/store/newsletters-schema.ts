export const NEWSLETTERS_SCHEMA = `
CREATE TABLE IF NOT EXISTS newsletters (
  id TEXT PRIMARY KEY,
  owner TEXT,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  invite TEXT NOT NULL UNIQUE,
  last_server_id INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS followers (
  newsletter TEXT NOT NULL REFERENCES newsletters (id) ON DELETE CASCADE,
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  PRIMARY KEY (newsletter, phone)
) STRICT, WITHOUT ROWID;
`;
