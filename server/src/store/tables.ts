/** The tables, as Kysely sees them. Times are ms since the epoch; flags are 0 or 1, because SQLite has no other. */
import type { Generated } from 'kysely';

export type Tables = {
  tenants: TenantsTable;
  sessions: SessionsTable;
  messages: MessagesTable;
  contacts: ContactsTable;
  credentials: CredentialsTable;
  journal: JournalTable;
  idempotency_keys: IdempotencyKeysTable;
  events: EventsTable;
  event_horizons: EventHorizonsTable;
  send_days: SendDaysTable;
  tenant_days: TenantDaysTable;
  session_secrets: SessionSecretsTable;
  chats: ChatsTable;
  search_queue: SearchQueueTable;
  teardowns: TeardownsTable;
  cleanups: CleanupsTable;
  webhooks: WebhooksTable;
  webhook_deliveries: WebhookDeliveriesTable;
  cursors: CursorsTable;
  figures: FiguresTable;
  encryption_keys: EncryptionKeysTable;
  media: MediaTable;
  media_files: MediaFilesTable;
  media_removals: MediaRemovalsTable;
  media_usage: MediaUsageTable;
  users: DocumentsTable;
  api_keys: DocumentsTable;
  logins: DocumentsTable;
  links: DocumentsTable;
  audit: AuditTable;
};

export type TenantsTable = {
  id: string;
  name: string;
  /** JSON. */
  limits: string;
  suspended_at: number | null;
  created_at: number;
};

/** `data` is the whole record, JSON; `look_up` what else it is found by. */
export type DocumentsTable = {
  id: string;
  tenant_id: string | null;
  owner: string | null;
  look_up: string;
  expires_at: number | null;
  data: string;
};

/** `data` is the whole entry, JSON. */
export type AuditTable = { id: string; tenant_id: string | null; action: string; at: number; data: string };

export type SessionsTable = {
  id: string;
  tenant_id: string;
  name: string;
  /** The name in lower case, what is unique in the tenant; the id once the name was given free. */
  name_key: string;
  engine: string;
  network: string;
  time_zone: string;
  desired: string;
  /** Name of the state; `state_data` is the whole state as JSON. */
  state: string;
  state_data: string;
  run: number;
  generation: number;
  linked: number;
  paired_at: number | null;
  ever_connected: number;
  attempt: number;
  unknown_in_a_row: number;
  version_refreshed: number;
  /** JSON. */
  archived: string;
  label: string | null;
  /** The label in lower case: what is searched. Databases disagree about the case of letters beyond ASCII. */
  label_key: string | null;
  /** The other settings, JSON. */
  settings: string;
  account: string | null;
  /** Of the account: what is searched. */
  phone_number: string | null;
  created_at: number;
  updated_at: number;
  connected_at: number | null;
  last_inbound_at: number | null;
  last_outbound_at: number | null;
  /** What WhatsApp itself forbids, JSON. */
  restriction: string | null;
  /** Grows with every change but those of the two times before it. */
  revision: Generated<number>;
};

export type MessagesTable = {
  id: string;
  session_id: string;
  tenant_id: string;
  wa_id: string;
  direction: string;
  chat: string;
  /** JID of who wrote it: part of what makes a message the same message. */
  sender: string;
  from_phone: string | null;
  from_lid: string | null;
  to_phone: string | null;
  to_lid: string | null;
  content: string;
  quoted_wa_id: string | null;
  quoted_id: string | null;
  status: string;
  error: string | null;
  offline: number;
  timestamp: number;
  created_at: number;
  /** What the engine gave to keep with it, sealed. */
  kept: Uint8Array | null;
  /** Of a reaction, an edit, a revoke or a vote: what it is about. Null for what a chat shows. */
  target_wa_id: string | null;
  forwarded: number;
  view_once: number;
  ephemeral_seconds: number | null;
  edited_at: number | null;
  revoked_at: number | null;
  /** JSON; null where there are none. */
  reactions: string | null;
  /** JSON; null where there are none. */
  votes: string | null;
  expires_at: number | null;
  /** A message of ours waits until then. */
  not_before: number | null;
};

export type ContactsTable = {
  id: Generated<number>;
  session_id: string;
  phone_number: string | null;
  lid: string | null;
  push_name: string | null;
};

export type CredentialsTable = {
  session_id: string;
  generation: number;
  category: string;
  id: string;
  /** Sealed. */
  value: Uint8Array;
};

export type JournalTable = {
  position: Generated<number>;
  session_id: string;
  generation: number;
  key: string;
  /** Sealed. */
  body: Uint8Array;
};

export type IdempotencyKeysTable = {
  session_id: string;
  key: string;
  body_hash: string;
  message_id: string;
  expires_at: number;
};

/** `last_message_id` is empty where a group has a name and no message yet. */
export type ChatsTable = {
  session_id: string;
  chat: string;
  name: string | null;
  last_message_id: string;
  read_id: string | null;
  unread: number;
  ephemeral_seconds: number | null;
  exchanged: number;
};

/** Messages that are to be put into the full-text index. */
export type SearchQueueTable = { message_id: string };

/** `told` names the limits that it was told of, with spaces between. */
export type SessionSecretsTable = { session_id: string; name: string; sealed: Uint8Array };

export type SendDaysTable = { session_id: string; day: string; messages: number; new_chats: number; told: string };

/** `messages` is null where none was counted. `told` as with `send_days`. */
export type TenantDaysTable = { tenant_id: string; day: string; messages: number | null; told: string };

/** Empty `session_id`: events of no session, and of sessions that are gone. */
export type EventHorizonsTable = { tenant_id: string; session_id: string; seq: number };

export type EventsTable = {
  seq: number;
  type: string;
  tenant_id: string;
  session_id: string;
  /** When the log took it; retention goes by this. */
  recorded_at: number;
  /** The whole envelope, the bytes that every channel sends. */
  json: string;
};

/** `data` is the whole teardown, JSON. */
export type TeardownsTable = { session_id: string; tenant_id: string; finished_at: number | null; data: string };

/** `data` is the whole cleanup, JSON. `tenant_id` is null for one of the whole installation. */
export type CleanupsTable = {
  id: string;
  tenant_id: string | null;
  started_at: number;
  finished_at: number | null;
  data: string;
};

export type WebhooksTable = {
  id: string;
  tenant_id: string;
  session_id: string | null;
  url: string;
  /** JSON. */
  events: string;
  /** Sealed JSON. */
  headers: Uint8Array;
  /** Sealed. */
  secret: Uint8Array;
  old_secret: Uint8Array | null;
  old_secret_until: number | null;
  strict_order: number;
  state: string;
  /** Why it is disabled. */
  cause: string | null;
  failing_since: number | null;
  after_seq: number;
  created_at: number;
  updated_at: number;
};

/** One row per event and webhook; what the event says stands in its own row. */
export type WebhookDeliveriesTable = {
  webhook_id: string;
  seq: number;
  status: string;
  made: number;
  next_at: number | null;
  chat: string | null;
  /** JSON. */
  attempts: string;
};

/** How far somebody has read the log of events. */
export type CursorsTable = { reader: string; seq: number };

/** What was counted in a minute since the epoch. `session_id` is empty for what is about no session. */
export type FiguresTable = {
  tenant_id: string;
  session_id: string;
  minute: number;
  messages_in: number;
  messages_out: number;
  messages_failed: number;
  pairings_done: number;
  pairings_failed: number;
  deliveries_done: number;
  deliveries_dead: number;
  attempts_failed: number;
};

/** Every encryption key that ever sealed something here, with a sealed constant that only the same key opens. */
export type EncryptionKeysTable = { id: string; proof: Uint8Array; created_at: number };

/** What is known of the file of a message. */
export type MediaTable = {
  id: string;
  tenant_id: string;
  /** null: an upload that is nobody's message yet. */
  session_id: string | null;
  message_id: string | null;
  role: string;
  state: string;
  mimetype: string;
  filename: string | null;
  size: number | null;
  sha256: string | null;
  /** Width, height, length and waveform, JSON. */
  shape: string;
  /** The bytes; several rows may mean the same. */
  file: string | null;
  /** Where the engine finds it, sealed. */
  ref: Uint8Array | null;
  attempts: number;
  retry_at: number | null;
  reason: string | null;
  created_at: number;
  expires_at: number | null;
};

/** Bytes that are kept outside the database. */
export type MediaFilesTable = {
  id: string;
  tenant_id: string;
  size: number;
  sha256: string;
  created_at: number;
  used_at: number;
};

/** Bytes that no row means any more, and that are still to be removed. */
export type MediaRemovalsTable = { id: string };

/** The sum of the sizes in `media_files`. */
export type MediaUsageTable = { tenant_id: string; bytes: number };
