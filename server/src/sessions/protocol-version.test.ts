import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '../ports/log.ts';
import { createProtocolVersions, type ProtocolVersionOptions } from './protocol-version.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const page = (revision: number) => `self.x = "{\\"client_revision\\":${revision},\\"other\\":1}"`;

describe('the protocol version', () => {
  let folder: string;
  let now = 0;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zapfleet-version-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const versions = (
    fetchPage: ProtocolVersionOptions['fetchPage'],
    override: ProtocolVersionOptions['override'] = null,
  ) =>
    createProtocolVersions({
      override,
      file: join(folder, 'version.json'),
      log: silent,
      now: () => now,
      ...(fetchPage && { fetchPage }),
    });
  const unreachable = () => Promise.reject(new Error('unreachable'));

  it("is the operator's where there is one, without a look-up", async () => {
    expect(await versions(unreachable, [2, 3000, 7]).current(true)).toEqual([2, 3000, 7]);
  });

  it('is looked up once, kept for the next start, and asked again when that is wanted', async () => {
    let asked = 0;
    const known = versions(() => Promise.resolve(page(1_000_000 + (asked += 1))));
    expect(await Promise.all([known.current(false), known.current(false)])).toEqual([
      [2, 3000, 1_000_001],
      [2, 3000, 1_000_001],
    ]);
    expect(await known.current(false)).toEqual([2, 3000, 1_000_001]);
    expect(await known.current(true)).toEqual([2, 3000, 1_000_002]);
    expect(JSON.parse(await readFile(join(folder, 'version.json'), 'utf8'))).toEqual([2, 3000, 1_000_002]);
  });

  it('is the last one that worked when the look-up fails or answers nonsense', async () => {
    await versions(() => Promise.resolve(page(1_234_567))).current(false);
    for (const bad of [unreachable, () => Promise.resolve('<html>')]) {
      expect(await versions(bad).current(false)).toEqual([2, 3000, 1_234_567]);
    }
  });

  it("is the library's own when nothing is known, and a dead network is not asked each time", async () => {
    let asked = 0;
    const known = versions(() => {
      asked += 1;
      return unreachable();
    });
    expect(await known.current(false)).toBeNull();
    expect(await known.current(false)).toBeNull();
    expect(asked).toBe(1);
    now += 3_600_000;
    await known.current(false);
    expect(asked).toBe(2);
  });
});
