/**
 * What the phone remembers from before this device was linked. It uploads it in several files; each stands in the journal until all of it was
 * told, is read as it comes in, and is told in small parts, each of which waits until the one before is stored.
 */
import { pipeline } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { createInflate } from 'node:zlib';
import type { EngineHistory, EngineMessage } from '../../../ports/engine.ts';
import { bothOf, plainJid } from '../envelope.ts';
import type { HistoryNotice } from '../inbound.ts';
import { proto } from '../library.ts';
import { MediaCorrupt } from '../media/file-cipher.ts';
import type { MediaClient } from '../media/media-client.ts';
import type { RunContext } from '../run-context.ts';
import { messageOf } from '../telling-messages.ts';
import { PrivacyTokens } from './privacy-tokens.ts';
import { fieldsOf } from './proto-fields.ts';
import { readConversation } from './read-conversation.ts';

const PART = 100;
const PAUSES_MS = [5_000, 30_000, 120_000, 600_000];

/** Numbers of the fields in `HistorySync`. */
const CONVERSATION = 2;
const PUSH_NAME = 7;
const LID_OF_NUMBER = 15;

type Contact = EngineHistory['contacts'][number];
type Part = { messages: EngineMessage[]; contacts: Contact[]; groups: EngineHistory['groups'][number][] };

const emptyPart = (): Part => ({ messages: [], contacts: [], groups: [] });

export class HistorySync {
  readonly #context: RunContext;
  readonly #media: MediaClient;
  readonly #waiting: HistoryNotice[] = [];
  #isOnline = false;
  #isBusy = false;

  constructor(context: RunContext, media: MediaClient) {
    this.#context = context;
    this.#media = media;
  }

  add(notice: HistoryNotice): void {
    this.#waiting.push(notice);
    void this.#work();
  }

  /** Files can be fetched from now on. */
  online(): void {
    this.#isOnline = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#isBusy || !this.#isOnline) return;
    this.#isBusy = true;
    for (let next = this.#waiting.shift(); next && !this.#context.ended.aborted; next = this.#waiting.shift()) {
      await this.#tell(next);
    }
    this.#isBusy = false;
  }

  /** What cannot be told now stays in the journal for the next run. */
  async #tell({ notice, journalKey }: HistoryNotice): Promise<void> {
    const { ended, request } = this.#context;
    for (const wait of [...PAUSES_MS, null]) {
      try {
        await this.#read(notice, journalKey);
        return;
      } catch (error) {
        if (ended.aborted) return;
        const reason = String(error);
        if (error instanceof MediaCorrupt || error instanceof HistoryGone) {
          request.log.warn({ reason }, 'A part of the history is of no use and is left out');
          await this.#emit(emptyPart(), journalKey);
          return;
        }
        request.log.warn({ reason }, 'A part of the history could not be read; it is tried again');
        if (wait === null) return;
        await pause(wait, undefined, { signal: ended }).catch(() => undefined);
      }
    }
  }

  async #read(notice: proto.Message.IHistorySyncNotification, journalKey: string | null): Promise<void> {
    const part = emptyPart();
    const tokens = new PrivacyTokens(this.#context);
    for await (const { number, bytes } of fieldsOf(await this.#inflated(notice))) {
      switch (number) {
        case CONVERSATION: {
          const conversation = proto.Conversation.decode(bytes);
          tokens.add(conversation);
          await this.#addConversation(conversation, part);
          break;
        }
        case PUSH_NAME:
          addPushName(proto.Pushname.decode(bytes), part);
          break;
        case LID_OF_NUMBER: {
          const { pnJid, lidJid } = proto.PhoneNumberToLIDMapping.decode(bytes);
          this.#addPair(pnJid, lidJid, part);
        }
      }
      if (sizeOf(part) >= PART) await this.#emitAll(part);
    }
    await tokens.store();
    await this.#emit(part, journalKey);
  }

  async #addConversation(conversation: proto.IConversation, part: Part): Promise<void> {
    const { id, name, pnJid, lidJid } = conversation;
    const me = this.#context.me();
    if (!id || !me) return;
    this.#addPair(pnJid ?? id, lidJid ?? id, part);
    if (name && id.endsWith('@g.us')) part.groups.push({ jid: id, subject: name });
    const remembered = readConversation(conversation, me);
    // Told in parts from here on: the protos of a long chat need not wait for all of it.
    conversation.messages = [];
    for (const { envelope, read } of remembered) {
      part.messages.push(await messageOf(this.#context, envelope, read, Promise.resolve()));
      if (part.messages.length >= PART) await this.#emitAll(part);
    }
  }

  #addPair(pn: string | null | undefined, lid: string | null | undefined, part: Part): void {
    const identity = bothOf(pn ?? undefined, [lid ?? undefined]);
    const { phoneNumber } = identity;
    if (phoneNumber === null || identity.lid === null) return;
    this.#context.keys.learnQuietly([{ phoneNumber, lidUser: identity.lid.slice(0, -'@lid'.length) }]);
    part.contacts.push({ identity, pushName: null });
  }

  async #inflated(notice: proto.Message.IHistorySyncNotification): Promise<AsyncIterable<Uint8Array>> {
    const inline = notice.initialHistBootstrapInlinePayload;
    const packed = inline?.length ? oneAfterAnother(inline) : await this.#download(notice);
    const inflate = createInflate();
    // Whoever reads learns of its failure.
    pipeline(packed, inflate, () => undefined);
    return inflate;
  }

  async #download(notice: proto.Message.IHistorySyncNotification): Promise<AsyncIterable<Uint8Array>> {
    const { directPath, mediaKey, fileSha256, fileEncSha256 } = notice;
    if (!directPath || !mediaKey?.length) throw new HistoryGone('the phone did not say where it is');
    const found = await this.#media.fetch(
      {
        family: 'history',
        url: null,
        directPath,
        mediaKey,
        fileSha256: fileSha256 ?? null,
        fileEncSha256: fileEncSha256 ?? null,
        key: { waId: '', chat: '', sender: '', fromMe: true },
      },
      this.#context.ended,
    );
    if (!found) throw new HistoryGone('WhatsApp has it no more');
    return found;
  }

  async #emitAll(part: Part): Promise<void> {
    const { messages, contacts, groups } = part;
    await this.#emit({ messages: messages.splice(0), contacts: contacts.splice(0), groups: groups.splice(0) }, null);
  }

  async #emit(history: Part, journalKey: string | null): Promise<void> {
    if (this.#context.ended.aborted) throw new Error('the run ended');
    if (journalKey === null && sizeOf(history) === 0) return;
    await this.#context.reporter.tellWhenMade(() => Promise.resolve({ type: 'history', history, journalKey }));
  }
}

function sizeOf({ messages, contacts, groups }: Part): number {
  return messages.length + contacts.length + groups.length;
}

class HistoryGone extends Error {
  override readonly name = 'HistoryGone';
}

function addPushName({ id, pushname }: proto.IPushname, part: Part): void {
  const identity = bothOf(id ? plainJid(id) : undefined, []);
  if (!pushname || (identity.phoneNumber === null && identity.lid === null)) return;
  part.contacts.push({ identity, pushName: pushname });
}

async function* oneAfterAnother(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
