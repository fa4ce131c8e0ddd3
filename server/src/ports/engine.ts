/**
 * What a library that speaks WhatsApp must offer to carry a session. One `Engine` serves many sessions; one `EngineRun` is one
 * attempt to be online, from `open` to its `closed` event. A library's own types and codes end at its adapter.
 */
import type { Account, EngineName, LinkPreview, MediaKind } from '@zapfleet/contract';
import type { Ending } from '../domain/ending.ts';
import type { KnownIdentity } from '../domain/identity.ts';
import type { Proxy } from '../domain/proxy.ts';
import type { CredentialStore } from './credentials.ts';
import type { Log } from './log.ts';

/** Where WhatsApp is. `rootKey` is the 32-byte public key its certificate chain must end at; null is the genuine one. */
export type Network = {
  url: string;
  rootKey: Uint8Array | null;
  /** PEM of the authority that its media hosts' certificates end at; null: the usual ones. Counts for this network's sessions only. */
  mediaCa?: string | null;
};

/** The number of the WhatsApp Web protocol, e.g. `[2, 3000, 1023456789]`. */
export type ProtocolVersion = readonly [number, number, number];

/** What a person can do through an engine; a call that needs one that is missing is answered 501. */
export const capabilities = [
  'pairing_code',
  'text',
  'quote',
  'mention',
  'link_preview',
  'image',
  'video',
  'audio',
  'voice',
  'document',
  'sticker',
  'location',
  'contact',
  'poll',
  'poll_vote',
  'reaction',
  'edit',
  'revoke',
  'forward',
  'view_once',
  'ephemeral',
  'read_receipts',
  'typing',
  'presence',
  'groups',
  'media_download',
  'history',
  'proxy',
  'own_message_id',
  'number_lookup',
] as const;
export type Capability = (typeof capabilities)[number];

export type Engine = {
  readonly name: EngineName;
  readonly capabilities: ReadonlySet<Capability>;
  /** Whether it can carry sessions on this machine, looked up anew at every call. Never rejects. */
  standing(): Promise<EngineStanding>;
  /** Absent where nothing of a session is kept on another server. */
  readonly remote?: RemoteInstances;
  /**
   * Removes what it keeps of a pairing outside of `credentials`; the run of it may still be ending. Absent: it keeps nothing there. Never
   * rejects: what cannot be removed now is found by the reconciler.
   */
  forget?(pairing: Pick<OpenRequest, 'sessionId' | 'generation'>): Promise<void>;
  /** Starts a run and returns at once. Never throws: whatever goes wrong arrives as `closed`. */
  open(request: OpenRequest): EngineRun;
};

/** What an engine keeps on other servers. Everything rejects where such a server does not do what it is asked for, with a sentence that may be shown. */
export type RemoteInstances = {
  /** Asks for the removal of all that is there of this session; answers how many there were. That they are gone has to be looked for. */
  remove(session: RemoteOwner): Promise<number>;
  /** How many there are of this session. */
  count(session: RemoteOwner): Promise<number>;
  /** All that stands on the servers that are known. `owner` null: not made by this installation. */
  list(): Promise<{ name: string; owner: { sessionId: string; generation: number } | null; remove(): Promise<void> }[]>;
};

/** `server` null: that of the operator. */
export type RemoteOwner = { sessionId: string; network: Network; server: RemoteServer | null };

/** A server that carries sessions; `url` without a slash at its end. */
export type RemoteServer = { url: string; apiKey: string };

/** `version`: of the library or program that carries the sessions; null where it is not known. */
export type EngineStanding =
  | { usable: true; version: string | null }
  /** `missing`: what is not here, in one sentence; `help`: what to do, with the command where there is one. */
  | { usable: false; version: string | null; missing: string; help: string };

export type OpenRequest = {
  sessionId: string;
  /** The number of the pairing: what an engine keeps outside of `credentials` bears it, so that no pairing touches another. */
  generation: number;
  network: Network;
  /** null: the library's own. */
  version: ProtocolVersion | null;
  /** Of an engine with a browser: whether it has no window. Absent: as the engine usually does. */
  headless?: boolean | undefined;
  /** How many QR codes are shown before the run ends with `link_expired`. */
  qrLimit: number;
  credentials: CredentialStore;
  /** The session's own server, where it brings one and the engine needs one. */
  server?: RemoteServer | null;
  /** The only way out of this run, for the socket and for media; never a direct connection instead. */
  proxy?: EngineProxy | null;
  /**
   * What the engine gave to keep with a message, sent or received (`kept`): for a retry that the far side asks for, for votes in a poll,
   * for media that must be asked for again. Unknown: undefined, never something empty.
   */
  keptMessage(waId: string): Promise<Uint8Array | undefined>;
  /**
   * Whether a message of this id was received and stored before, with its content (the note of an `undecryptable` one does not count). Asked
   * when a ratchet refuses a message: one that comes again because its receipt got lost only needs its receipt.
   */
  isKnown(waId: string): Promise<boolean>;
  /**
   * Reports what happened, in order. Resolves when it is committed: only then may an engine tell WhatsApp that it knows.
   * Never rejects; after `closed` nothing may be emitted.
   */
  emit(event: EngineEvent): Promise<void>;
  log: Log;
};

export type EngineProxy = Proxy & {
  /** Where its host may be reached now: a connection goes to one of these and nowhere else. Rejects where it may not be reached. */
  addresses(): Promise<readonly string[]>;
};

export type EngineRun = {
  /** `ABCD-1234`. Rejects when the run is not linking, and with `pairing_code_unavailable` when WhatsApp refuses the number. `expiresAt` in ms since the epoch. */
  requestPairingCode(phoneNumber: string): Promise<{ code: string; expiresAt: number }>;
  /**
   * Resolves when WhatsApp's server acknowledged or refused; rejects when the run ended before that (the outcome is then open). An engine
   * that takes no id from us (`own_message_id`) tells by `named` which one the message got, before it resolves, and emits nothing that is
   * about it until `named` has resolved. Rejects with `NotSent` where it surely did not leave.
   */
  send(message: OutgoingMessage, named: (waId: string) => Promise<void>): Promise<SendOutcome>;
  /** Tells the senders that these messages were read. */
  markRead(messages: readonly { waId: string; chat: string; sender: string }[]): Promise<void>;
  /** Absent where the engine cannot: the `Capability` of the same name says so beforehand. */
  readonly media?: MediaCalls;
  readonly presence?: PresenceCalls;
  readonly groups?: GroupCalls;
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

/** The file of a message, as it is or comes. */
export type MediaCalls = {
  /**
   * The decrypted file of a received message, streamed; `ref` is what came with the message. Where WhatsApp has it no longer, the engine asks
   * the phone to upload it again and waits for that within the signal's time. Rejects with `MediaGone` when it is not to be had any more,
   * with anything else when another attempt may help. The stream fails when what came is not what the sender encrypted.
   */
  download(ref: Uint8Array, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
};

/** The file of a message is on WhatsApp's hosts and on the phone no longer. */
export class MediaGone extends Error {
  override readonly name = 'MediaGone';
}

export type PresenceCalls = {
  /** What the far side sees us do in a chat. */
  type(chat: string, state: 'composing' | 'recording' | 'paused'): Promise<void>;
  /** Asks to be told of somebody's presence, as `presence` events, for as long as the run lasts. */
  subscribe(jid: string): Promise<void>;
  /** Whether this account is shown as online. */
  show(available: boolean): Promise<void>;
};

/** `jid`s of groups end in `@g.us`. People are named by JID or LID. All reject with `EngineRefused` where WhatsApp says no. */
export type GroupCalls = {
  list(): Promise<EngineGroup[]>;
  get(jid: string): Promise<EngineGroup>;
  create(subject: string, people: readonly string[]): Promise<EngineGroup>;
  rename(jid: string, subject: string): Promise<void>;
  describe(jid: string, description: string | null): Promise<void>;
  /** `announce`: only admins write; `locked`: only admins change subject and description. */
  configure(jid: string, settings: { announce?: boolean; locked?: boolean }): Promise<void>;
  /** What became of each: 200, or WhatsApp's code why not (403: may only be invited, 404, 409: is in it already). */
  change(
    jid: string,
    action: 'add' | 'remove' | 'promote' | 'demote',
    people: readonly string[],
  ): Promise<{ jid: string; code: number }[]>;
  leave(jid: string): Promise<void>;
  /** The code of `https://chat.whatsapp.com/<code>`. */
  inviteCode(jid: string): Promise<string>;
  revokeInvite(jid: string): Promise<string>;
  /** Answers the JID of the group. */
  join(code: string): Promise<string>;
};

/** WhatsApp's server refused a query; `code` is its own number. */
export class EngineRefused extends Error {
  override readonly name = 'EngineRefused';
  readonly code: number;
  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

export type EngineGroup = {
  jid: string;
  subject: string;
  description: string | null;
  owner: KnownIdentity | null;
  /** ms since the epoch */
  createdAt: number | null;
  announce: boolean;
  locked: boolean;
  /** Seconds; 0: messages stay. */
  ephemeralSeconds: number;
  participants: readonly { identity: KnownIdentity; role: 'member' | 'admin' | 'owner' }[];
};

/**
 * `to` is a JID or a LID, of a person or a group. `waId` was chosen before the first attempt and stays the same on every retry, where the
 * engine takes it.
 */
export type OutgoingMessage = {
  waId: string;
  to: string;
  content: OutgoingContent;
  quoted: QuotedMessage | null;
  forwarded?: boolean;
  viewOnce?: boolean;
  /** Seconds; absent or 0: it stays. */
  ephemeralSeconds?: number;
};

/** `mentions` are JIDs. */
export type OutgoingContent =
  | {
      type: 'text';
      text: string;
      mentions: readonly string[];
      /** `thumbnail`: a small JPEG, where there is one. */
      linkPreview?: (LinkPreview & { thumbnail?: Uint8Array | null }) | null;
    }
  | {
      type: MediaKind;
      media: OutgoingMedia;
      caption: string | null;
      mentions: readonly string[];
      /** Of a video: plays by itself, without sound. */
      gif?: boolean;
    }
  | { type: 'location'; latitude: number; longitude: number; name: string | null; address: string | null }
  | { type: 'contact'; contacts: readonly { name: string; vcard: string }[] }
  | { type: 'poll'; question: string; options: readonly string[]; selectable: number }
  | { type: 'reaction'; target: MessageKey; emoji: string | null }
  | { type: 'edit'; target: MessageKey; text: string; mentions: readonly string[] }
  | { type: 'revoke'; target: MessageKey }
  | { type: 'poll_vote'; target: MessageKey; options: readonly string[] };

/** Which message something is about, as WhatsApp names it. `sender` is a JID or LID; `chat` that of the message. */
export type MessageKey = { waId: string; chat: string; sender: string; fromMe: boolean };

/** A message that surely did not leave: it waits for the next connection. The run that rejects with it ends. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
}

/** A file to send. `open` may be called again, for a second attempt. */
export type OutgoingMedia = {
  mimetype: string;
  filename: string | null;
  /** Bytes. */
  size: number;
  width: number | null;
  height: number | null;
  seconds: number | null;
  waveform: readonly number[] | null;
  /** A small JPEG, where there is one. */
  thumbnail: Uint8Array | null;
  open(): AsyncIterable<Uint8Array>;
};

export type QuotedMessage = MessageKey & {
  /** What the quotation shows where the engine kept nothing of the message itself. */
  text: string;
};

/** `timestamp`: the server's, ms since the epoch. `kept` is the engine's encoding of what was sent, handed back by `keptMessage`. */
export type SendOutcome =
  | { ok: true; timestamp: number; kept: Uint8Array }
  | {
      ok: false;
      /** `restricted`: WhatsApp allows no new chat; `outcome_unknown`: only where the engine takes no id from us. */
      code: 'recipient_not_on_whatsapp' | 'restricted' | 'refused' | 'outcome_unknown' | 'media_unavailable';
      reason: string;
    };

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
  /** WhatsApp refused messages of ours that an engine had handed over without waiting for its answer. */
  | { type: 'refusal'; waIds: readonly string[]; reason: string }
  /** A phone number and a LID turned out to be one person. */
  | { type: 'identity'; identity: KnownIdentity; pushName: string | null }
  /**
   * A message came that cannot be decrypted; its sender is asked to send it again, and what comes then is a `message` with the same id.
   * Told once per message and run; stored before WhatsApp is told anything.
   */
  | { type: 'undecryptable'; message: Omit<EngineMessage, 'content' | 'quotedWaId'>; reason: string }
  /** What was said before this device was linked: stored, and no news. `journalKey` comes with the last part of what stands in the journal. */
  | { type: 'history'; history: EngineHistory; journalKey: string | null }
  | { type: 'presence'; presence: EnginePresence }
  /** A group came, changed or went; `group` is null when this account is no longer in it. */
  | { type: 'group'; jid: string; group: EngineGroup | null; by: KnownIdentity | null }
  | {
      type: 'participants';
      jid: string;
      action: 'add' | 'remove' | 'leave' | 'promote' | 'demote';
      people: readonly KnownIdentity[];
      by: KnownIdentity | null;
    }
  | { type: 'call'; call: EngineCall }
  /**
   * WhatsApp allows this account no new chats (or no messages at all) for a time; `until` in ms since the epoch, null: it does not say.
   * One that is not in the future: it was lifted.
   */
  | { type: 'restriction'; scope: 'new_chats' | 'all'; until: number | null; reason: string };

/** One part of it; there may be many. `messages` are oldest first. */
export type EngineHistory = {
  messages: readonly EngineMessage[];
  contacts: readonly { identity: KnownIdentity; pushName: string | null }[];
  groups: readonly { jid: string; subject: string }[];
};

export type EnginePresence = {
  chat: EngineChat;
  by: KnownIdentity;
  state: 'available' | 'unavailable' | 'composing' | 'recording' | 'paused';
  lastSeenAt: number | null;
};

export type EngineCall = {
  id: string;
  from: KnownIdentity;
  groupJid: string | null;
  video: boolean;
  status: 'ringing' | 'accepted' | 'rejected' | 'missed' | 'ended';
  at: number;
};

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
  forwarded?: boolean;
  viewOnce?: boolean;
  ephemeralSeconds?: number;
  /** What the engine wants back by `keptMessage`. */
  kept?: Uint8Array | null;
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
  | { type: 'text'; text: string; mentions: readonly string[]; linkPreview?: LinkPreview | null }
  | {
      type: MediaKind;
      media: EngineMedia;
      caption: string | null;
      mentions: readonly string[];
      gif?: boolean;
      /** Of a sticker. */
      animated?: boolean;
    }
  | {
      type: 'location';
      latitude: number;
      longitude: number;
      name: string | null;
      address: string | null;
      live: boolean;
    }
  | { type: 'contact'; contacts: readonly { name: string; vcard: string }[] }
  | { type: 'poll'; question: string; options: readonly string[]; selectable: number }
  | { type: 'reaction'; target: MessageKey; emoji: string | null }
  | { type: 'edit'; target: MessageKey; text: string; mentions: readonly string[] }
  | { type: 'revoke'; target: MessageKey }
  /** `options` as the poll names them; one that it does not have is left out. */
  | { type: 'poll_vote'; target: MessageKey; options: readonly string[] }
  | { type: 'unsupported'; kind: string };

/** A file that came with a message. `ref` is the engine's encoding of where it is and how it is decrypted, for `MediaCalls.download`. */
export type EngineMedia = {
  ref: Uint8Array;
  mimetype: string;
  filename: string | null;
  size: number | null;
  width: number | null;
  height: number | null;
  seconds: number | null;
  waveform: readonly number[] | null;
};

export type EngineReceipt = {
  waIds: readonly string[];
  status: 'delivered' | 'read' | 'played';
  at: number;
  /** Who received or read; null when WhatsApp does not say. */
  by: KnownIdentity | null;
};
