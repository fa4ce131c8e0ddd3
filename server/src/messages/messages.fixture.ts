/** Messages on a store in memory, with an engine and files that do what the test says. */
import { randomBytes } from 'node:crypto';
import { GatewayEvent, idSequence, makeId, type Media, type MessageId, type SendMessage } from '@zapfleet/contract';
import { identityOf, type KnownIdentity } from '../domain/identity.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type {
  Capability,
  EngineGroup,
  EngineMessage,
  EngineRun,
  GroupCalls,
  OutgoingMessage,
  SendOutcome,
} from '../ports/engine.ts';
import { capabilities } from '../ports/engine.ts';
import type { MessageMedia } from '../ports/media.ts';
import type { Store } from '../ports/store.ts';
import { account, type ManualClock, manualClock, scriptedEngine, silentLog } from '../sessions/scripted.fixture.ts';
import { openStore } from '../store/open-store.ts';
import type { OpenedStore } from '../store/sqlite-store.ts';
import { createChatCommands } from './commands/chat-commands.ts';
import { createGroupNames } from './group-names.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { createLiveRuns } from './live-runs.ts';
import type { SendRequest } from './outbox-api.ts';
import { createOutbox, type RunningOutbox } from './outbox.ts';

export const acknowledged: SendOutcome = { ok: true, timestamp: 1_767_268_800_000, kept: new Uint8Array([1]) };
export const bia: KnownIdentity = {
  ...identityOf('5511900000001@s.whatsapp.net'),
  lid: identityOf('9001@lid').lid,
};
export const biasChat = '5511900000001@s.whatsapp.net';
export const DAY_MS = 86_400_000;

export type Messages = {
  clock: ManualClock;
  opened: OpenedStore;
  outbox: RunningOutbox;
  inbox: Inbox;
  session: SessionRecord;
  media: FakeMedia;
  /** What was handed to the engine, in order. */
  sent: OutgoingMessage[];
  /** How the engine answers; by default it acknowledges. */
  answer: (message: OutgoingMessage, named: (waId: string) => Promise<void>) => Promise<SendOutcome>;
  lookUp: EngineRun['lookUp'];
  /** What WhatsApp answers where it is asked for a group. */
  group: GroupCalls['get'];
  /** What the engine can do; everything by default. */
  able: Set<Capability>;
  goOnline(): void;
  goOffline(): void;
  /** The same store under parts that remember nothing: the process was started again. */
  restart(): void;
  request(message: string | SendMessage, more?: Partial<SendRequest>): SendRequest;
  received(waId: string, more?: Partial<EngineMessage>): EngineMessage;
  receive(message: EngineMessage, journalKey?: string | null): Promise<void>;
  /** Each held against the contract. */
  events(): Promise<GatewayEvent[]>;
  /** Types of events, with the status where there is one. */
  told(): Promise<string[]>;
  /** Texts handed to the engine. */
  texts(): string[];
  message(id: MessageId): Promise<MessageRecord | null>;
  /** Resolves when a stored message is as it is wanted. */
  until(id: MessageId, fits: (message: MessageRecord) => boolean): Promise<MessageRecord>;
  close(): Promise<void>;
};

/** `through`: what stands between the parts and the store. */
export async function openMessages(through: (store: Store) => Store = (store) => store): Promise<Messages> {
  const clock = manualClock();
  const opened = await openStore({ path: null, encryptionKeys: [new Uint8Array(32)], clock, log: silentLog });
  const store = through(opened.store);
  const newId = idSequence(clock.now, randomBytes);
  const media = fakeMedia();
  const session = sessionOn(clock);
  await opened.store.commit([{ kind: 'session.insert', record: session }]);

  const live = createLiveRuns({ clock, log: silentLog, can: (_engine, capability) => messages.able.has(capability) });

  const parts = () => {
    const outbox = createOutbox({
      ...{ store, clock, newId, log: silentLog, media, expiryMs: DAY_MS },
      can: (_session, capability) => messages.able.has(capability),
    });
    const usual = { enabled: false, prefix: '!', groups: true };
    const commands = createChatCommands({ usual, clock, newId, expiryMs: DAY_MS });
    const ignore = { groups: false, status: true, newsletters: true };
    const groupNames = createGroupNames({ store, clock, log: silentLog, live });
    const { deliver } = outbox;
    const inbox = createInbox({ store, clock, newId, media, ignore, commands, groupNames, deliver });
    return { outbox, inbox };
  };

  const messages: Messages = {
    ...{ clock, opened, session, media, sent: [], able: new Set(capabilities) },
    answer: () => Promise.resolve(acknowledged),
    lookUp: (phone) => Promise.resolve({ exists: true, jid: `${phone}@s.whatsapp.net`, lid: `${phone}9@lid` }),
    group: () => Promise.reject(new Error('this test has no groups')),
    ...parts(),
    restart() {
      messages.outbox.close();
      Object.assign(messages, parts());
    },
    goOnline() {
      const idle = scriptedEngine().open({} as never);
      const run: EngineRun = {
        ...idle,
        groups: { get: (jid: string) => messages.group(jid) } as GroupCalls,
        lookUp: (phone) => messages.lookUp(phone),
        send: (message, named) => {
          messages.sent.push(message);
          return messages.answer(message, named);
        },
      };
      live.online(messages.session, run);
      messages.outbox.online(messages.session, run);
    },
    goOffline() {
      live.offline(messages.session);
      messages.outbox.offline(messages.session);
    },
    request(message, more = {}) {
      const whole = typeof message === 'string' ? { to: '+55 11 90000-0001', text: message } : message;
      return { message: whole, idempotencyKey: null, bodyHash: JSON.stringify(whole), waitMs: 10_000, ...more };
    },
    received: (waId, more = {}) => ({
      waId,
      chat: { kind: 'person', identity: bia },
      sender: bia,
      fromMe: false,
      pushName: 'Bia',
      content: { type: 'text', text: `text of ${waId}`, mentions: [] },
      quotedWaId: null,
      offline: false,
      timestamp: 1,
      ...more,
    }),
    receive: (message, journalKey = null) =>
      messages.inbox.receive(messages.session, { type: 'message', message, journalKey }),
    async events() {
      const stored = await opened.events.read(0, opened.events.last(), { tenantId: null, types: null }, 1_000);
      return stored.map(({ json }) => GatewayEvent.parse(JSON.parse(json)));
    },
    told: async () =>
      (await messages.events()).map(({ type, data }) => ('status' in data ? `${type} ${data.status}` : type)),
    texts: () => messages.sent.flatMap(({ content }) => (content.type === 'text' ? [content.text] : [])),
    message: (id) => store.messages.get(id, null),
    async until(id, fits) {
      for (;;) {
        const found = await messages.message(id);
        if (found && fits(found)) return found;
        await new Promise(setImmediate);
      }
    },
    async close() {
      messages.outbox.close();
      await store.close();
    },
  };
  return messages;
}

export const aGroup = (jid: string, subject: string): EngineGroup => ({
  ...{ jid, subject, description: null, owner: bia, createdAt: 1 },
  ...{ announce: false, locked: true, ephemeralSeconds: 0 },
  participants: [{ identity: { phoneNumber: null, lid: bia.lid }, role: 'admin' }],
});

export function sessionOn(clock: ManualClock): SessionRecord {
  return {
    id: makeId('ses', clock.now(), new Uint8Array(10)),
    tenantId: defaultTenantId,
    name: 'shop',
    engine: 'baileys',
    network: 'sandbox',
    timeZone: 'UTC',
    settings: { label: null, ignore: {}, metadata: {}, autoCleanupOnLogout: null },
    desired: 'running',
    state: { name: 'connected', since: 1, health: { status: 'ok', cause: null }, missed: 0 },
    run: 1,
    generation: 1,
    linked: true,
    pairedAt: 1,
    everConnected: true,
    attempt: 0,
    unknownInARow: 0,
    archived: [],
    versionRefreshed: false,
    account,
    createdAt: 1,
    updatedAt: 1,
    connectedAt: 1,
    lastInboundAt: null,
    lastOutboundAt: null,
    restriction: null,
  };
}

/** Files that are words. */
export type FakeMedia = Pick<
  MessageMedia,
  'accept' | 'preview' | 'outgoing' | 'previewImage' | 'forget' | 'received'
> & {
  discarded: number;
  forgotten: MessageId[];
  /** Messages whose files were asked for, and when. */
  downloads: string[];
  /** Whether files that were accepted are still there. */
  isThere: boolean;
};

export const aFile = (more: Partial<Media> = {}): Media => ({
  id: 'med_1',
  state: 'stored',
  mimetype: 'image/png',
  filename: null,
  size: 3,
  sha256: null,
  width: null,
  height: null,
  seconds: null,
  waveform: null,
  ...more,
});

function fakeMedia(): FakeMedia {
  const kept = {
    writes: () => [],
    discard: () => {
      fake.discarded += 1;
      return Promise.resolve();
    },
  };
  const fake: FakeMedia = {
    discarded: 0,
    forgotten: [],
    downloads: [],
    isThere: true,
    accept: (_session, { kind, seconds = null }) =>
      Promise.resolve({ ...kept, media: aFile({ filename: `a ${kind}`, seconds }) }),
    preview: (_session, text) =>
      Promise.resolve({ ...kept, preview: { url: text, title: 'A page', description: null } }),
    outgoing: ({ content }) =>
      Promise.resolve(
        fake.isThere && 'media' in content
          ? {
              ...{ mimetype: content.media.mimetype, filename: content.media.filename, size: 3 },
              ...{ width: null, height: null, seconds: null, waveform: null, thumbnail: null },
              open: () => (async function* () {})(),
            }
          : null,
      ),
    previewImage: () => Promise.resolve(new Uint8Array([7])),
    forget: (messageId) => {
      fake.forgotten.push(messageId);
      return [];
    },
    received: (_session, messageId, kind, { filename }, when) => ({
      media: aFile({ state: 'pending', filename }),
      writes: [],
      committed: () => void fake.downloads.push(`${kind} ${messageId} ${when}`),
    }),
  };
  return fake;
}
