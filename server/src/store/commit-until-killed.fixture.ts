/**
 * A process for the crash test: commits without end and reports each commit that resolved as a line with its number. Arguments: the file or the
 * URL of the database, the session, the first number.
 */
import { writeSync } from 'node:fs';
import type { SessionId } from '@zapfleet/contract';
import { bytesOf, sampleEvent, sampleMessage } from './records.fixture.ts';
import { openAnywhere } from './surroundings.fixture.ts';

const [where = '', session = '', first = '0'] = process.argv.slice(2);
const sessionId = session as SessionId;
const owner = { sessionId, generation: 1 };
const { store } = await openAnywhere(where);

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
