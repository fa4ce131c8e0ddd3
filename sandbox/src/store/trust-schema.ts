/** Tables of who may write to whom: what the network holds back, and the tokens by which people let each other in. */
export const TRUST_SCHEMA = `
CREATE TABLE IF NOT EXISTS reachout_locks (
  phone TEXT PRIMARY KEY REFERENCES accounts (phone) ON DELETE CASCADE,
  until INTEGER NOT NULL,
  type TEXT NOT NULL,
  scope TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS chat_quotas (
  phone TEXT PRIMARY KEY REFERENCES accounts (phone) ON DELETE CASCADE,
  status TEXT NOT NULL,
  used INTEGER NOT NULL,
  total INTEGER NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS trusted_tokens (
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  contact TEXT NOT NULL,
  token BLOB NOT NULL,
  issued_at INTEGER NOT NULL,
  PRIMARY KEY (phone, contact)
) STRICT, WITHOUT ROWID;
`;
