/** Tables of groups and of what is written with sender keys. `chat` is a group's id or another address of many. */
export const GROUPS_SCHEMA = `
CREATE TABLE IF NOT EXISTS groups (
  id TEXT PRIMARY KEY,
  owner TEXT,
  addressing TEXT NOT NULL,
  creator TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  subject TEXT NOT NULL,
  subject_by TEXT NOT NULL,
  subject_at INTEGER NOT NULL,
  description_id TEXT,
  description TEXT,
  description_by TEXT,
  description_at INTEGER,
  announce INTEGER NOT NULL,
  locked INTEGER NOT NULL,
  only_admins_add INTEGER NOT NULL,
  approval INTEGER NOT NULL,
  ephemeral INTEGER NOT NULL,
  invite_code TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS members (
  chat TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  role TEXT NOT NULL,
  place INTEGER NOT NULL,
  PRIMARY KEY (chat, phone)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS members_by_phone ON members (phone);

CREATE TABLE IF NOT EXISTS own_sender_keys (
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  chat TEXT NOT NULL,
  key BLOB NOT NULL,
  PRIMARY KEY (phone, chat)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sender_key_holders (
  phone TEXT NOT NULL,
  chat TEXT NOT NULL,
  peer TEXT NOT NULL,
  device INTEGER NOT NULL,
  PRIMARY KEY (phone, chat, peer, device),
  FOREIGN KEY (phone, chat) REFERENCES own_sender_keys (phone, chat) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sender_key_holders_by_peer ON sender_key_holders (peer, device);

CREATE TABLE IF NOT EXISTS peer_sender_keys (
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  chat TEXT NOT NULL,
  author TEXT NOT NULL,
  device INTEGER NOT NULL,
  keys BLOB NOT NULL,
  PRIMARY KEY (phone, chat, author, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS member_receipts (
  author TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  id TEXT NOT NULL,
  phone TEXT NOT NULL,
  status TEXT NOT NULL,
  PRIMARY KEY (author, id, phone)
) STRICT;

CREATE TABLE IF NOT EXISTS join_requests (
  chat TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  asked_at INTEGER NOT NULL,
  PRIMARY KEY (chat, phone)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS guarded_from_groups (
  phone TEXT PRIMARY KEY REFERENCES accounts (phone) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS group_invitations (
  chat TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  code TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (chat, phone)
) STRICT, WITHOUT ROWID;
`;
