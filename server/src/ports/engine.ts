/**
 * What a library that speaks WhatsApp must offer to carry a session. One `Engine` serves many sessions; one `EngineRun` is one
 * attempt to be online, from `open` to its `closed` event. A library's own types and codes end at its adapter.
 */
import type { Account, EngineName } from '@zapfleet/contract';
import type { Ending } from '../domain/ending.ts';
import type { KnownIdentity } from '../domain/identity.ts';
import type { CredentialStore } from './credentials.ts';
import type { Log } from './log.ts';

/** Where WhatsApp is. `rootKey` is the 32-byte public key its certificate chain must end at; null is the genuine one. */
export type Network = { url: string; rootKey: Uint8Array | null };

/** The number of the WhatsApp Web protocol, e.g. `[2, 3000, 1023456789]`. */
export type ProtocolVersion = readonly [number, number, number];

export type Capability =
  | 'pairing_code'
  | 'text'
  | 'quote'
  | 'mention'
  | 'read_receipts'
  | 'own_message_id'
  | 'number_lookup';

export type Engine = {
  readonly name: EngineName;
  readonly capabilities: ReadonlySet<Capability>;
  /** Starts a run and returns at once. Never throws: whatever goes wrong arrives as `closed`. */
  open(request: OpenRequest): EngineRun;
};

export type OpenRequest = {
  sessionId: string;
  network: Network;
  /** null: the library's own. */
  version: ProtocolVersion | null;
  /** How many QR codes are shown before the run ends with `link_expired`. */
  qrLimit: number;
  credentials: CredentialStore;
  /** The plaintext proto of one of our own sent messages, for a retry that the far side asks for; unknown: undefined. */
  sentMessage(waId: string): Promise<Uint8Array | undefined>;
  /**
   * Whether a message of this id was received and stored before. Asked when a ratchet refuses a message: one that comes again because
   * its receipt got lost only needs its receipt.
   */
  isKnown(waId: string): Promise<boolean>;
  /**
   * Reports what happened, in order. Resolves when it is committed: only then may an engine tell WhatsApp that it knows.
   * Never rejects; after `closed` nothing may be emitted.
   */
  emit(event: EngineEvent): Promise<void>;
  log: Log;
};

export type EngineRun = {
  /** `ABCD-1234`. Rejects when the run is not linking, and with `pairing_code_unavailable` when WhatsApp refuses the number. `expiresAt` in ms since the epoch. */
  requestPairingCode(phoneNumber: string): Promise<{ code: string; expiresAt: number }>;
  /** Resolves when WhatsApp's server acknowledged or refused; rejects when the run ended before that (the outcome is then open). */
  send(message: OutgoingMessage): Promise<SendOutcome>;
  /** Tells the senders that these messages were read. */
  markRead(messages: readonly { waId: string; chat: string; sender: string }[]): Promise<void>;
  /** Asks WhatsApp whether a number has an account. Rejects when it is not answered within 20 s. */
  lookUp(phoneNumber: string): Promise<NumberLookUp>;
  /** One query that only a live login can answer. Rejects when it is not answered within 20 s. */
  probe(): Promise<void>;
  /**
   * Ends the run; `logout` first asks WhatsApp to unlink this device. Resolves when nothing of the run can emit any more,
   * at the latest after the adapter's own time limit. A second call answers the first one's promise.
   */
  close(how: 'disconnect' | 'logout'): Promise<{ unlinked: 'confirmed' | 'unconfirmed' | 'not_linked' }>;
};

export type NumberLookUp = { exists: boolean; jid: string | null; lid: string | null };

/** `to` is a JID or a LID. `waId` was chosen before the first attempt and stays the same on every retry. */
export type OutgoingMessage = {
  waId: string;
  to: string;
  content: OutgoingContent;
  quoted: QuotedMessage | null;
};

/** `mentions` are JIDs. Later issues add further types here. */
export type OutgoingContent = { type: 'text'; text: string; mentions: readonly string[] };

export type QuotedMessage = { waId: string; chat: string; sender: string; fromMe: boolean; text: string };

/** `timestamp`: the server's, ms since the epoch. `sent` is the engine's encoding of what was sent, kept for `sentMessage`. */
export type SendOutcome =
  | { ok: true; timestamp: number; sent: Uint8Array }
  | { ok: false; code: 'recipient_not_on_whatsapp' | 'restricted' | 'refused'; reason: string };

export type EngineEvent =
  | { type: 'qr'; qr: string; attempt: number; expiresAt: number }
  /** The phone accepted; the credentials are stored. WhatsApp then asks for a new connection. */
  | { type: 'paired'; account: Account }
  /** Logged in, and one query was answered. */
  | { type: 'open'; account: Account }
  /** The account's own data changed, e.g. its name arrived. */
  | { type: 'account'; account: Account }
  /** The last event of a run. */
  | { type: 'closed'; ending: Ending }
  | { type: 'message'; message: EngineMessage; journalKey: string | null }
  | { type: 'receipt'; receipt: EngineReceipt }
  /** A phone number and a LID turned out to be one person. */
  | { type: 'identity'; identity: KnownIdentity; pushName: string | null };

/** A message that came in, or that another device of this account sent (`fromMe`). */
export type EngineMessage = {
  waId: string;
  chat: EngineChat;
  /** Who wrote it; for `fromMe` this account. */
  sender: KnownIdentity;
  fromMe: boolean;
  pushName: string | null;
  content: EngineContent;
  quotedWaId: string | null;
  /** It waited on the server while this session was away. */
  offline: boolean;
  /** The sender's time, ms since the epoch. */
  timestamp: number;
};

export type EngineChat =
  | { kind: 'person'; identity: KnownIdentity }
  | { kind: 'group' | 'status' | 'newsletter' | 'broadcast'; jid: string };

/** `unsupported` names the raw kind of what this version cannot show yet: nothing is dropped in silence. */
export type EngineContent =
  | { type: 'text'; text: string; mentions: readonly string[] }
  | { type: 'unsupported'; kind: string };

export type EngineReceipt = {
  waIds: readonly string[];
  status: 'delivered' | 'read' | 'played';
  at: number;
  /** Who received or read; null when WhatsApp does not say. */
  by: KnownIdentity | null;
};
