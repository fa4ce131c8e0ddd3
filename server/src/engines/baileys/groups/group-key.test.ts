import type { SignalAuthState } from 'baileys';
import { expect, test } from 'vitest';
import { DEFAULT_CONNECTION_CONFIG, initAuthCreds } from '../library.ts';
import { surroundings } from '../run.fixture.ts';

const group = '120363000000000001@g.us';
const authorJid = '900:7@lid';
const name = `${group}::900_1::7`;
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} } as never;

/** Baileys' own part on our key store. */
function device() {
  const library = surroundings().keys.forLibrary();
  const auth = { creds: initAuthCreds(), keys: library } as SignalAuthState;
  const signal = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, silent, () => Promise.resolve([]));
  return {
    write: (text: string) => signal.encryptGroupMessage({ group, meId: authorJid, data: Buffer.from(text) }),
    adopt: (key: Uint8Array) =>
      signal.processSenderKeyDistributionMessage({
        authorJid,
        item: { groupId: group, axolotlSenderKeyDistributionMessage: key },
      }),
    read: async ({ ciphertext: msg }: { ciphertext: Uint8Array }) =>
      Buffer.from(await signal.decryptGroupMessage({ group, authorJid, msg })).toString(),
    /** How many steps it keeps for messages that come late. */
    async passed() {
      const stored = String((await library.get('sender-key', [name]))[name]);
      return (JSON.parse(stored) as { senderMessageKeys: unknown[] }[])[0]?.senderMessageKeys.length;
    },
  };
}

async function pair() {
  const [author, member] = [device(), device()];
  const first = await author.write('first');
  await member.adopt(first.senderKeyDistributionMessage);
  return { author, member, first };
}

test('the key by which we write in a group stays small, and who has it reads every message', async () => {
  const { author, member, first } = await pair();
  expect(await member.read(first)).toBe('first');
  for (let count = 1; count <= 30; count += 1) {
    expect(await member.read(await author.write(String(count)))).toBe(String(count));
  }
  expect(await author.passed()).toBe(0);
});

test('the keys of others stay small too, and messages that come a little late are read', async () => {
  const { author, member, first } = await pair();
  for (let count = 1; count <= 100; count += 1) {
    const [early, late] = [await author.write('early'), await author.write('late')];
    expect([await member.read(late), await member.read(early)]).toEqual(['late', 'early']);
  }
  expect(await member.passed()).toBeLessThanOrEqual(32);
  await expect(member.read(first)).rejects.toThrow('old counter');
});
