/** Times are milliseconds since 1970. `phone` is the account's number in digits. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS network (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS accounts (
  phone TEXT PRIMARY KEY,
  lid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  owner TEXT,
  addressing TEXT NOT NULL,
  identity_private BLOB NOT NULL,
  identity_public BLOB NOT NULL,
  registration_id INTEGER NOT NULL,
  signed_pre_key_private BLOB NOT NULL,
  signed_pre_key_public BLOB NOT NULL,
  signed_pre_key_signature BLOB NOT NULL,
  next_pre_key INTEGER NOT NULL,
  last_device INTEGER NOT NULL,
  last_key_index INTEGER NOT NULL,
  app_state_key_id BLOB NOT NULL,
  app_state_key BLOB NOT NULL,
  key_index_list BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS phone_pre_keys (
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  private BLOB NOT NULL,
  public BLOB NOT NULL,
  PRIMARY KEY (phone, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS ratchets (
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  peer TEXT NOT NULL,
  device INTEGER NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (phone, peer, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS devices (
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  device INTEGER NOT NULL,
  noise_key BLOB NOT NULL,
  identity BLOB NOT NULL,
  registration_id INTEGER NOT NULL,
  signed_pre_key_id INTEGER NOT NULL,
  signed_pre_key BLOB NOT NULL,
  signed_pre_key_signature BLOB NOT NULL,
  device_identity BLOB NOT NULL,
  key_index INTEGER NOT NULL,
  platform TEXT,
  greeted INTEGER NOT NULL,
  linked_at INTEGER NOT NULL,
  PRIMARY KEY (phone, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS device_pre_keys (
  phone TEXT NOT NULL,
  device INTEGER NOT NULL,
  id INTEGER NOT NULL,
  public BLOB NOT NULL,
  PRIMARY KEY (phone, device, id),
  FOREIGN KEY (phone, device) REFERENCES devices (phone, device) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS mailboxes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  phone TEXT NOT NULL,
  device INTEGER NOT NULL,
  class TEXT NOT NULL,
  id TEXT NOT NULL,
  peer INTEGER NOT NULL,
  held INTEGER NOT NULL,
  stanza BLOB NOT NULL,
  FOREIGN KEY (phone, device) REFERENCES devices (phone, device) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS mailboxes_by_device ON mailboxes (phone, device, seq);
CREATE INDEX IF NOT EXISTS mailboxes_by_id ON mailboxes (phone, device, id);

CREATE TABLE IF NOT EXISTS screens (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  id TEXT NOT NULL,
  chat TEXT NOT NULL,
  author TEXT NOT NULL,
  addressee TEXT NOT NULL,
  type TEXT NOT NULL,
  text TEXT,
  quoted_id TEXT,
  mentions TEXT NOT NULL,
  status TEXT NOT NULL,
  sent_at INTEGER NOT NULL,
  content BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS screens_by_phone ON screens (phone, seq);
CREATE UNIQUE INDEX IF NOT EXISTS screens_by_id ON screens (phone, id, author);
CREATE INDEX IF NOT EXISTS screens_by_chat ON screens (chat, phone);
CREATE INDEX IF NOT EXISTS screens_unread ON screens (phone, seq) WHERE status = 'received';

CREATE TABLE IF NOT EXISTS app_state (
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  collection TEXT NOT NULL,
  version INTEGER NOT NULL,
  patch BLOB NOT NULL,
  PRIMARY KEY (phone, collection, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS blobs (
  path TEXT PRIMARY KEY,
  file TEXT NOT NULL,
  kind TEXT NOT NULL,
  owner TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  device INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  downloads INTEGER NOT NULL,
  gone_as INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS blobs_by_owner ON blobs (owner, file);

CREATE TABLE IF NOT EXISTS chat_timers (
  phone TEXT NOT NULL REFERENCES accounts (phone) ON DELETE CASCADE,
  chat TEXT NOT NULL,
  seconds INTEGER NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (phone, chat)
) STRICT, WITHOUT ROWID;
`;

/** Table, column and its declaration: what tables got after their first version. */
export const LATER_COLUMNS: readonly (readonly [string, string, string])[] = [
  ['screens', 'details', 'TEXT'],
  ['devices', 'whole_history', 'INTEGER NOT NULL DEFAULT 0'],
];
