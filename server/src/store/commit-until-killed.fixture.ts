/**
 * A process for the crash test: commits without end and reports each commit that resolved as a line with its number. Arguments: the file, the
 * session, the first number.
 */
import { writeSync } from 'node:fs';
import type { SessionId } from '@zapfleet/contract';
import { openStore } from './open-store.ts';
import { bytesOf, sampleEvent, sampleMessage } from './records.fixture.ts';
import { silentLog, testClock } from './surroundings.fixture.ts';

const [path = '', session = '', first = '0'] = process.argv.slice(2);
const sessionId = session as SessionId;
const owner = { sessionId, generation: 1 };
const { store } = await openStore({
  path,
  encryptionKeys: [new Uint8Array(32).fill(1)],
  clock: testClock().clock,
  log: silentLog,
});

let next = Number(first);

/** Each change has three parts, so that half of one would show. */
async function commitOne(number: number): Promise<void> {
  const waId = `N${number}`;
  const put = [{ category: 'n', id: waId, value: bytesOf(waId) }];
  await store.commit([
    { kind: 'credentials.put', owner, put },
    { kind: 'message.insert', record: sampleMessage(sessionId, { waId }), events: [sampleEvent(sessionId)] },
    { kind: 'journal.insert', owner, entries: [{ key: waId, body: bytesOf(waId) }] },
  ]);
  // Synchronous: the line is with the parent before anything else happens.
  writeSync(1, `${number}\n`);
}

async function commitForever(): Promise<never> {
  for (;;) {
    const number = next;
    next += 1;
    await commitOne(number);
  }
}

await Promise.all(Array.from({ length: 5 }, commitForever));
