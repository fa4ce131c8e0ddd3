import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DiskFull, FileTooLarge, type MediaFiles } from '../ports/media-files.ts';
import { filesOnDisk } from './disk-files.ts';
import { bytesOf, sampleId } from './records.fixture.ts';

let folder: string;
let files: MediaFiles;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zapfleet-files-'));
  files = filesOnDisk(join(folder, 'media'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

// eslint-disable-next-line @typescript-eslint/require-await -- as bytes come from elsewhere
async function* chunks(...parts: (Uint8Array | Error)[]): AsyncIterable<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

async function whole(source: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts).toString();
}

const everything = { most: 1_000_000 };
/** Everything on the disk that is no folder. */
const onDisk = (): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

async function listed(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of files.list()) keys.push(key);
  return keys.sort();
}

it('a file comes back whole, in parts, and with its sum', async () => {
  const key = sampleId('med');
  const written = await files.write(key, chunks(bytesOf('Olá, '), bytesOf(''), bytesOf('mundo')), everything);
  expect(written).toEqual({ size: 11, sha256: createHash('sha256').update('Olá, mundo').digest('hex') });
  expect(await whole(files.read(key))).toBe('Olá, mundo');
  expect(await whole(files.read(key, { from: 1, to: 3 }))).toBe('lá');
  expect(await whole(files.read(key, { from: 6, to: 99 }))).toBe('mundo');
  expect(await files.sizeOf(key)).toBe(11);
  expect(await (await files.blob(key))?.slice(0, 2).text()).toBe('Ol');
  expect(await listed()).toEqual([key]);
});

it('an empty file is one too', async () => {
  const key = sampleId('med');
  expect(await files.write(key, chunks(), everything)).toMatchObject({ size: 0 });
  expect(await whole(files.read(key))).toBe('');
});

it('only this user may read what is kept', async () => {
  const key = sampleId('med');
  await files.write(key, chunks(bytesOf('x')), everything);
  const [path = ''] = onDisk();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'media')).mode & 0o777).toBe(0o700);
});

it('nobody sees a file before it is whole', async () => {
  const key = sampleId('med');
  const begun = Promise.withResolvers<undefined>();
  const mayEnd = Promise.withResolvers<undefined>();
  async function* slowly(): AsyncIterable<Uint8Array> {
    yield bytesOf('half');
    begun.resolve(undefined);
    await mayEnd.promise;
    yield bytesOf(' and half');
  }
  const writing = files.write(key, slowly(), everything);
  await begun.promise;
  expect(await files.sizeOf(key)).toBeNull();
  expect(await listed()).toEqual([]);
  mayEnd.resolve(undefined);
  await writing;
  expect(await whole(files.read(key))).toBe('half and half');
});

it('a source that fails, is too long or is given up leaves nothing behind', async () => {
  const key = sampleId('med');
  const broken = new Error('the line went dead');
  await expect(files.write(key, chunks(bytesOf('half'), broken), everything)).rejects.toBe(broken);
  await expect(files.write(key, chunks(bytesOf('12345')), { most: 4 })).rejects.toBeInstanceOf(FileTooLarge);
  const given = new AbortController();
  given.abort(new Error('nobody waits'));
  const up = files.write(key, chunks(bytesOf('x')), { ...everything, signal: given.signal });
  await expect(up).rejects.toThrow('nobody waits');
  expect(onDisk()).toEqual([]);
  expect(await files.write(key, chunks(bytesOf('1234')), { most: 4 })).toMatchObject({ size: 4 });
});

it('the last of the disk is left to the database', async () => {
  const careful = filesOnDisk(join(folder, 'media'), Number.MAX_SAFE_INTEGER);
  await expect(careful.write(sampleId('med'), chunks(bytesOf('x')), everything)).rejects.toBeInstanceOf(DiskFull);
  expect(onDisk()).toEqual([]);
});

it('what a crash left half written is swept, and nothing else', async () => {
  const key = sampleId('med');
  await files.write(key, chunks(bytesOf('whole')), everything);
  writeFileSync(join(folder, 'media', 'unfinished', 'of-another-life'), 'half');
  expect(await files.sweep()).toBe(1);
  expect(await files.sweep()).toBe(0);
  expect(onDisk().map((path) => readFileSync(path, 'utf8'))).toEqual(['whole']);
});

it('no key leads out of the folder', async () => {
  writeFileSync(join(folder, 'secret'), 'secret');
  for (const key of [
    '../../secret',
    '..',
    '',
    'med_',
    `med_${'/'.repeat(26)}`,
    `${sampleId('med')}/../x`,
    `${sampleId('med')}\0`,
  ]) {
    await expect(files.write(key, chunks(bytesOf('x')), everything)).rejects.toThrow('not the id of a file');
    await expect(whole(files.read(key))).rejects.toThrow('not the id of a file');
    await expect(files.sizeOf(key)).rejects.toThrow('not the id of a file');
    await expect(files.blob(key)).rejects.toThrow('not the id of a file');
    await expect(files.remove(key)).rejects.toThrow('not the id of a file');
  }
  expect(onDisk()).toEqual([join(folder, 'secret')]);
});

it('what is no file of ours is not listed, and what is not there is removed already', async () => {
  expect(await listed()).toEqual([]);
  mkdirSync(join(folder, 'media', 'zz'), { recursive: true });
  writeFileSync(join(folder, 'media', 'zz', 'notes.txt'), 'of the operator');
  expect(await listed()).toEqual([]);
  const key = sampleId('med');
  await files.write(key, chunks(bytesOf('x')), everything);
  await files.remove(key);
  await files.remove(key);
  expect(await files.sizeOf(key)).toBeNull();
  await expect(whole(files.read(key))).rejects.toThrow('ENOENT');
  expect(await files.blob(key)).toBeNull();
});

it('a reader that leaves in the middle leaves no open file', async () => {
  const key = sampleId('med');
  await files.write(key, chunks(new Uint8Array(900_000)), everything);
  const open = (): string[] =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        const path = readlinkSync(`/proc/self/fd/${fd}`);
        return path.includes(key) ? [path] : [];
      } catch {
        return [];
      }
    });
  for await (const chunk of files.read(key)) {
    expect(chunk.byteLength).toBeGreaterThan(0);
    expect(open()).toHaveLength(1);
    break;
  }
  while (open().length > 0) await nextTurn();
  files.read(key);
  expect(open()).toEqual([]);
});
