import { expect, test } from 'vitest';
import { MemoryCredentials, RecordedLog } from '../conformance-session.ts';
import { encodeKept } from './content/kept.ts';
import { KeyStore } from './key-store.ts';
import type { RunContext } from './run-context.ts';
import { Sending } from './sending.ts';

const [bob, group] = ['902@lid', '120363000000000001@g.us'];

/** A session that knows Bob's number, and has kept these messages. */
function sending(kept: Record<string, Uint8Array>) {
  const keys = new KeyStore({
    store: new MemoryCredentials(),
    onCommit: () => {},
    onReadFailure: () => {},
    onMapping: () => {},
  });
  keys.learnQuietly([{ phoneNumber: '5511900000002', lidUser: '902' }]);
  const request = { keptMessage: (waId: string) => Promise.resolve(kept[waId]), log: new RecordedLog() };
  const context = { request, keys } as unknown as RunContext;
  return new Sending(context, {
    media: { upload: () => Promise.reject(new Error('no file')) },
    privateKey: () => Buffer.alloc(32),
  });
}

const message = { conversation: 'for one only' };
const keptFor = (chat: string, fromMe = true) =>
  encodeKept({ waId: 'A', chat, sender: fromMe ? '900@lid' : bob, fromMe }, message);

test('a message is sent again in the chat it was sent to, by whichever name that chat is asked for', async () => {
  for (const remoteJid of [bob, '902:3@lid', '5511900000002@s.whatsapp.net']) {
    expect(await sending({ A: keptFor(bob) }).sent({ id: 'A', remoteJid })).toMatchObject(message);
  }
  expect(await sending({ A: keptFor(group) }).sent({ id: 'A', remoteJid: group })).toMatchObject(message);
});

test('nobody else gets it who knows its id, and nobody what others wrote', async () => {
  for (const remoteJid of ['903@lid', '5511900000003@s.whatsapp.net', group]) {
    expect(await sending({ A: keptFor(bob) }).sent({ id: 'A', remoteJid })).toBeUndefined();
  }
  expect(await sending({ A: keptFor(bob, false) }).sent({ id: 'A', remoteJid: bob })).toBeUndefined();
  expect(await sending({ A: keptFor(group) }).sent({ id: 'A', remoteJid: bob })).toBeUndefined();
  expect(await sending({}).sent({ id: 'A', remoteJid: bob })).toBeUndefined();
});

test('what an earlier version kept, or is damaged, is not sent at all', async () => {
  for (const bytes of [Buffer.from('0a0568656c6c6f', 'hex'), Buffer.from([1, 255, 255]), Buffer.alloc(0)]) {
    expect(await sending({ A: bytes }).sent({ id: 'A', remoteJid: bob })).toBeUndefined();
  }
});
