import { afterEach, beforeEach, expect, it } from 'vitest';
import { EngineRefused } from '../ports/engine.ts';
import { aGroup, type Messages, openMessages } from './messages.fixture.ts';

const [family, team] = ['1-1@g.us', '1-2@g.us'] as const;

let on: Messages;
/** Groups that WhatsApp was asked for. */
let asked: string[];
beforeEach(async () => {
  on = await openMessages();
  asked = [];
  on.group = (jid) => {
    asked.push(jid);
    return Promise.resolve(aGroup(jid, `Name of ${jid}`));
  };
  on.goOnline();
});
afterEach(() => on.close());

const write = (jid: string, waId: string) => on.receive(on.received(waId, { chat: { kind: 'group', jid } }));
const nameOf = async (jid: string) => (await on.opened.store.chats.get(on.session.id, [jid]))?.name;
const named = (jid: string, name: string) => expect.poll(() => nameOf(jid)).toBe(name);
const renamed = (jid: string, subject: string) =>
  on.inbox.receive(on.session, { type: 'group', jid, group: aGroup(jid, subject), by: null });
/** The pause between two questions is over. */
const next = (jid: string) =>
  expect
    .poll(() => {
      on.clock.advance(1_000);
      return asked;
    })
    .toContain(jid);

it('is asked for once, group after group, when somebody first writes there', async () => {
  await write(family, 'A');
  await write(team, 'B');
  await write(family, 'C');
  await named(family, `Name of ${family}`);
  expect(asked).toEqual([family]);
  await next(team);
  await named(team, `Name of ${team}`);
  on.restart();
  await write(family, 'D');
  await write('1-3@g.us', 'E');
  await next('1-3@g.us');
  expect(asked).toEqual([family, team, '1-3@g.us']);
});

it('changes when WhatsApp says so, and an answer from before that does not undo it', async () => {
  const answer = Promise.withResolvers<undefined>();
  on.group = (jid) => answer.promise.then(() => aGroup(jid, 'First'));
  await write(family, 'A');
  await renamed(family, 'Second');
  answer.resolve(undefined);
  await renamed(team, 'Third');
  await write(team, 'B');
  await write('1-3@g.us', 'C');
  await expect
    .poll(() => {
      on.clock.advance(1_000);
      return nameOf('1-3@g.us');
    })
    .toBe('First');
  expect([await nameOf(family), await nameOf(team)]).toEqual(['Second', 'Third']);
});

it('is left alone where WhatsApp refuses, and asked for again after it did not answer', async () => {
  on.group = (jid) => {
    asked.push(jid);
    return Promise.reject(jid === family ? new EngineRefused(403, 'forbidden') : new Error('no link'));
  };
  await write(family, 'A');
  await write(team, 'B');
  await expect.poll(() => asked).toEqual([family, team]);
  await expect
    .poll(async () => {
      await write(family, crypto.randomUUID());
      await write(team, crypto.randomUUID());
      return asked.filter((jid) => jid === team).length;
    })
    .toBeGreaterThan(1);
  expect(asked.filter((jid) => jid === family)).toHaveLength(1);
});

it('is what the phone remembers, unless it was told of since', async () => {
  await renamed(family, 'New');
  const groups = [family, team].map((jid) => ({ jid, subject: 'Old' }));
  const history = { messages: [], contacts: [], groups };
  await on.inbox.receive(on.session, { type: 'history', history, journalKey: null });
  expect([await nameOf(family), await nameOf(team)]).toEqual(['New', 'Old']);
  expect(asked).toEqual([]);
});
