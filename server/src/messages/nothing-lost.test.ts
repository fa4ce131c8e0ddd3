/**
 * Traffic both ways with a crash in the middle, and a checker that compares what was accepted, the phone's screen, the store and the log.
 * That it finds what it looks for is seen with faults built in on purpose.
 */
import { expect, it } from 'vitest';
import type { Change, CommitResult, Store } from '../ports/store.ts';
import { acknowledged, type Messages, openMessages } from './messages.fixture.ts';

const COUNT = 20;

/** A store, and what becomes of it when the process ends. */
type Fault = { through(store: Store): Store; crash(): void };
const none: Fault = { through: (store) => store, crash: () => undefined };

const withCommit = (store: Store, commit: Store['commit']): Store => ({ ...store, commit });

/** Says that it is stored before it is. */
function acknowledgesBeforeTheCommit(): Fault {
  let isOver = false;
  return {
    crash: () => {
      isOver = true;
      setImmediate(() => (isOver = false));
    },
    through: (store) =>
      withCommit(store, (change): Promise<CommitResult> => {
        setImmediate(() => {
          if (!isOver) void store.commit(change).catch(() => undefined);
        });
        return Promise.resolve({ committed: true, changed: change.map(() => true) });
      }),
  };
}

/** Stores what comes again as if it were new. */
function storesTwice(): Fault {
  let counted = 0;
  const renamed = (change: Change): Change =>
    change.map((write) => {
      if (write.kind !== 'message.insert' || write.record.direction !== 'in') return write;
      counted += 1;
      return { ...write, record: { ...write.record, waId: `${write.record.waId}#${counted}` } };
    });
  return { ...none, through: (store) => withCommit(store, (change) => store.commit(renamed(change))) };
}

/** Chooses another id of WhatsApp's for the second attempt. */
const changesIds: Fault = {
  ...none,
  through: (store) => ({
    ...store,
    messages: {
      ...store.messages,
      unsent: async (id) =>
        (await store.messages.unsent(id)).map((message) => ({ ...message, waId: `${message.waId}2` })),
    },
  }),
};

async function problemsWith(fault: Fault): Promise<string[]> {
  const on = await openMessages((store) => fault.through(store));
  try {
    const accepted: string[] = [];
    const screen = new Map<string, string>();
    let isCrashing = true;
    on.answer = ({ waId, content }) => {
      if (content.type === 'text') screen.set(waId, content.text);
      // The phone has it, and the process ends before it hears of that.
      return isCrashing && screen.size % 2 === 0 ? new Promise(() => undefined) : Promise.resolve(acknowledged);
    };
    on.goOnline();
    const texts = Array.from({ length: COUNT }, (_, at) => `out ${at}`);
    const sending = texts.map(async (text, at) => {
      await on.outbox.send(on.session, on.request({ to: `55119000000${10 + at}`, text }, { waitMs: 0 }));
      accepted.push(text);
    });
    await Promise.all([...sending, ...deliveries(on)]);
    fault.crash();
    on.restart();
    isCrashing = false;
    on.goOnline();
    // What was told and not acknowledged comes again.
    await Promise.all(deliveries(on));
    await settled(on);
    return await problems(on, accepted, screen);
  } finally {
    await on.close();
  }
}

const deliveries = (on: Messages): Promise<void>[] =>
  Array.from({ length: COUNT }, (_, at) => on.receive(on.received(`IN${at}`)));

async function settled(on: Messages): Promise<void> {
  for (let turns = 0; turns < 500; turns += 1) {
    await new Promise(setImmediate);
    if (turns > 50 && (await on.opened.store.messages.unsent(on.session.id)).length === 0) return;
  }
}

async function problems(on: Messages, accepted: readonly string[], screen: Map<string, string>): Promise<string[]> {
  const rows = await on.opened.store.messages.list({ sessionId: on.session.id, limit: 999 });
  const wordsOf = (content: (typeof rows)[number]['content']): string => (content.type === 'text' ? content.text : '');
  const told = (await on.events()).flatMap((event) =>
    event.type === 'message.received' ? [wordsOf(event.data.message.content)] : [],
  );
  const found: string[] = [];
  for (const text of accepted) {
    const row = rows.find(({ content }) => wordsOf(content) === text);
    if (row?.status !== 'sent') found.push(`accepted and ${row?.status ?? 'not stored'}: ${text}`);
    const times = [...screen.values()].filter((one) => one === text).length;
    if (times !== 1) found.push(`on the screen ${times} times: ${text}`);
  }
  for (let at = 0; at < COUNT; at += 1) {
    const text = `text of IN${at}`;
    const stored = rows.filter(({ content }) => wordsOf(content) === text).length;
    if (stored !== 1) found.push(`stored ${stored} times: ${text}`);
    const times = told.filter((one) => one === text).length;
    if (times !== 1) found.push(`told ${times} times: ${text}`);
  }
  return found;
}

it('nothing that was accepted or received is lost in a crash, and nothing is there twice', async () => {
  expect(await problemsWith(none)).toEqual([]);
});

it.each([
  ['an acknowledgement before the commit', acknowledgesBeforeTheCommit, /accepted and not stored/],
  ['no dedupe', storesTwice, /told 2 times/],
  ['another id for the second attempt', () => changesIds, /on the screen 2 times/],
] as const)('the checker notices %s', async (_, fault, sign) => {
  expect((await problemsWith(fault())).join('\n')).toMatch(sign);
});
