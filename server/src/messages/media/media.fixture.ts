/** The files of messages on a store in memory and a folder of its own, with a clock that the test owns. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayEvent, idSequence, type SessionId } from '@zapfleet/contract';
import type { MediaRecord } from '../../domain/media.ts';
import type { MessageRecord } from '../../domain/message.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { openEgress } from '../../egress/open-egress.ts';
import type { EngineMedia, EngineRun, MediaCalls } from '../../ports/engine.ts';
import type { MediaFiles } from '../../ports/media-files.ts';
import type { Store } from '../../ports/store.ts';
import { type ManualClock, manualClock, silentLog } from '../../sessions/scripted.fixture.ts';
import { filesOnDisk } from '../../store/disk-files.ts';
import { openStore } from '../../store/open-store.ts';
import { sampleMessage, sampleOutgoing, sampleSession } from '../../store/records.fixture.ts';
import { type MediaParts, type OpenedMedia, openMedia } from './open-media.ts';

export type MediaWorld = AsyncDisposable & {
  media: OpenedMedia;
  store: Store;
  files: MediaFiles;
  clock: ManualClock;
  session: SessionRecord;
  addSession(): Promise<SessionRecord>;
  /** The same files and rows, as the next process finds them. */
  reopened(): OpenedMedia;
  /** Stores a received message with a picture that waits, and says that it is committed. */
  receive(
    ref: string,
    given?: Partial<EngineMedia>,
    when?: 'now' | 'asked',
    of?: SessionRecord,
  ): Promise<MessageRecord>;
  /** The file of a message as it stands. */
  standing(message: MessageRecord): Promise<MediaRecord>;
  /** Resolves when the file of a message is as it should be. */
  until(message: MessageRecord, fits: (media: MediaRecord) => boolean): Promise<MediaRecord>;
  events(): Promise<GatewayEvent[]>;
  /** Everything on the disk, finished or not. */
  onDisk(): string[];
};

export type WorldOptions = { limits?: Partial<MediaParts['limits']>; files?: (disk: MediaFiles) => MediaFiles };

export async function openWorld({ limits, files: wrap = (disk) => disk }: WorldOptions = {}): Promise<MediaWorld> {
  const clock = manualClock();
  const folder = mkdtempSync(join(tmpdir(), 'zapfleet-media-'));
  const newId = idSequence(clock.now, randomBytes);
  const { store, events } = await openStore({ path: null, encryptionKeys: [randomBytes(32)], clock, log: silentLog });
  const files = wrap(filesOnDisk(join(folder, 'media')));
  const egress = openEgress({ allow: true, userAgent: 'Zapfleet/test' });
  const secret = randomBytes(32);
  const opened: OpenedMedia[] = [];
  const reopened = (): OpenedMedia => {
    const media = openMedia({
      ...{ store, files, egress, clock, newId, log: silentLog, secrets: [secret] },
      limits: { most: 1_000_000, mostUnasked: 1000, downloadsAtOnce: 4, maxAgeMs: null, maxTotal: null, ...limits },
    });
    opened.push(media);
    return media;
  };
  const addSession = async (): Promise<SessionRecord> => {
    const record = sampleSession();
    await store.commit([{ kind: 'session.insert', record, required: true }]);
    return record;
  };
  const media = reopened();
  const session = await addSession();
  const standing = async ({ id }: MessageRecord): Promise<MediaRecord> => {
    const record = await store.media.ofMessage(id, 'file');
    if (!record) throw new Error('The message has no file');
    return record;
  };
  return {
    ...{ media, store, files, clock, session, addSession, reopened, standing },
    async receive(ref, given = {}, when = 'now', of = session) {
      const record = sampleMessage(of.id);
      const received = media.ofMessages.received(of, record.id, 'image', engineMedia(ref, given), when);
      const content = { type: 'image' as const, caption: null, mentions: [], media: received.media };
      const message: MessageRecord = { ...record, content };
      await store.commit([{ kind: 'message.insert', record: message }, ...received.writes]);
      received.committed();
      return message;
    },
    async until(message, fits) {
      for (;;) {
        const record = await standing(message);
        if (fits(record)) return record;
        await sleep(2);
      }
    },
    async events() {
      const all = await events.read(0, events.last(), { tenantId: null, types: null }, 1000);
      return all.map(({ json }) => JSON.parse(json) as GatewayEvent);
    },
    onDisk: () =>
      existsSync(folder)
        ? readdirSync(folder, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map(({ name }) => name)
        : [],
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((one) => one.close()));
      await egress[Symbol.asyncDispose]();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function engineMedia(ref: string, given: Partial<EngineMedia> = {}): EngineMedia {
  return {
    ref: Buffer.from(ref),
    ...{ mimetype: 'image/jpeg', filename: null, size: 5, width: null, height: null, seconds: null, waveform: null },
    ...given,
  };
}

/** A run of which only the fetching of files matters. `download` gets what was given as `ref`. */
export function runWith(download: (ref: string, signal: AbortSignal) => ReturnType<MediaCalls['download']>): EngineRun {
  const calls: MediaCalls = { download: (ref, signal) => download(Buffer.from(ref).toString(), signal) };
  return { media: calls } as unknown as EngineRun;
}

/** An outgoing message that has this file, stored. */
export async function storeOutgoing(
  store: Store,
  sessionId: SessionId,
  accepted: Awaited<ReturnType<OpenedMedia['ofMessages']['accept']>>,
): Promise<{ committed: boolean; message: MessageRecord }> {
  const content = { type: 'document' as const, caption: null, mentions: [], media: accepted.media };
  const message = sampleOutgoing(sessionId, { content });
  const { committed } = await store.commit([
    { kind: 'message.insert', record: message, required: true },
    ...accepted.writes(message.id),
  ]);
  return { committed, message };
}

// eslint-disable-next-line @typescript-eslint/require-await -- as bytes come from elsewhere
export async function* bytesOf(...parts: (string | Uint8Array | Error)[]): AsyncIterable<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

export async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts).toString();
}

export const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A web server at a free port of this machine. */
export async function startHost(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** 1 × 1. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** The headers of a JPEG of this size; `orientation` as cameras note it. */
export function jpeg(width: number, height: number, orientation = 1): Buffer {
  const exif = Buffer.concat([
    Buffer.from('Exif\0\0II*\0', 'latin1'),
    Buffer.from([8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]),
  ]);
  const segment = (marker: number, body: Buffer): Buffer => {
    const head = Buffer.from([0xff, marker, 0, 0]);
    head.writeUInt16BE(body.length + 2, 2);
    return Buffer.concat([head, body]);
  };
  const frame = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe1, exif),
    segment(0xc0, frame),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** Seconds of Opus in Ogg, a page for each. */
export function opus(seconds: number): Buffer {
  const page = (granule: number, number: number, flags: number, body: Buffer): Buffer => {
    const head = Buffer.alloc(28);
    head.write('OggS');
    head[5] = flags;
    head.writeBigInt64LE(BigInt(granule), 6);
    head.writeUInt32LE(1, 14);
    head.writeUInt32LE(number, 18);
    head[26] = 1;
    head[27] = body.length;
    return Buffer.concat([head, body]);
  };
  const id = Buffer.alloc(19);
  id.write('OpusHead');
  id.set([1, 1], 8);
  id.writeUInt32LE(48_000, 12);
  const tags = Buffer.concat([Buffer.from('OpusTags'), Buffer.from([1, 0, 0, 0]), Buffer.from('x'), Buffer.alloc(4)]);
  const sound = Array.from({ length: seconds }, (_, at) =>
    page(48_000 * (at + 1), at + 2, at + 1 === seconds ? 4 : 0, Buffer.alloc(200, at)),
  );
  return Buffer.concat([page(0, 0, 2, id), page(0, 1, 0, tags), ...sound]);
}

export const box = (type: string, ...parts: Buffer[]): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(parts.reduce((sum, { length }) => sum + length, 8));
  head.write(type, 4);
  return Buffer.concat([head, ...parts]);
};

/** An MP4 film whose headers stand at its end, behind `film` bytes of it. */
export function mp4(seconds: number, width: number, height: number, { film = 10, turned = false } = {}): Buffer {
  const header = Buffer.alloc(100);
  header.writeUInt32BE(1000, 12);
  header.writeUInt32BE(seconds * 1000, 16);
  const track = Buffer.alloc(84);
  const [a, b] = turned ? [0, 65_536] : [65_536, 0];
  for (const [at, value] of [a, b, 0, turned ? -65_536 : 0, a].entries()) track.writeInt32BE(value, 40 + at * 4);
  track.writeUInt32BE(width * 65_536, 76);
  track.writeUInt32BE(height * 65_536, 80);
  const sound = Buffer.alloc(84);
  return Buffer.concat([
    box('ftyp', Buffer.from('isom\0\0\0\0isommp42', 'latin1')),
    box('mdat', Buffer.alloc(film)),
    box('moov', box('mvhd', header), box('trak', box('tkhd', sound)), box('trak', box('tkhd', track))),
  ]);
}
