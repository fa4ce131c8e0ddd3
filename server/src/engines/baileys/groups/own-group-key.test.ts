import type { SignalAuthState } from 'baileys';
import { expect, test } from 'vitest';
import { DEFAULT_CONNECTION_CONFIG, initAuthCreds } from '../library.ts';
import { journalingRepository } from '../repository.ts';
import { surroundings } from '../run.fixture.ts';

const group = '120363000000000001@g.us';
const authorJid = '900:7@lid';
const name = `${group}::900_1::7`;
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} } as never;

function device() {
  const { keys } = surroundings();
  const library = keys.forLibrary();
  return { keys, library, auth: { creds: initAuthCreds(), keys: { ...library } } as SignalAuthState };
}

test('the key by which we write in a group stays small, and who has it reads every message', async () => {
  const mine = device();
  const ours = journalingRepository(mine.keys, {} as never, {} as never)(mine.auth, silent, () => Promise.resolve([]));
  const theirs = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(device().auth, silent, () => Promise.resolve([]));
  const send = (text: string) => ours.encryptGroupMessage({ group, meId: authorJid, data: Buffer.from(text) });
  const size = async () => ((await mine.library.get('sender-key', [name]))[name] as Uint8Array).length;
  const read = async (msg: Uint8Array) =>
    Buffer.from(await theirs.decryptGroupMessage({ group, authorJid, msg })).toString();

  const first = await send('0');
  await theirs.processSenderKeyDistributionMessage({
    authorJid,
    item: { groupId: group, axolotlSenderKeyDistributionMessage: first.senderKeyDistributionMessage },
  });
  expect(await read(first.ciphertext)).toBe('0');
  const sizeAtFirst = await size();
  for (let count = 1; count <= 30; count += 1) {
    expect(await read((await send(String(count))).ciphertext)).toBe(String(count));
  }
  // Bytes are written as decimal numbers, so that it is never quite the same.
  expect(await size()).toBeLessThan(sizeAtFirst * 1.5);
});

test('a key that grew before is light after the next message', async () => {
  const mine = device();
  const inner = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(mine.auth, silent, () => Promise.resolve([]));
  const args = { group, meId: authorJid, data: Buffer.from('x') };
  for (let count = 0; count < 20; count += 1) await inner.encryptGroupMessage(args);
  const stored = async () => String((await mine.library.get('sender-key', [name]))[name]);
  const passed = async () => (JSON.parse(await stored()) as { senderMessageKeys: unknown[] }[])[0]?.senderMessageKeys;
  expect(await passed()).toHaveLength(19);
  const ours = journalingRepository(mine.keys, {} as never, {} as never)(mine.auth, silent, () => Promise.resolve([]));
  await ours.encryptGroupMessage(args);
  expect(await passed()).toEqual([]);
});
