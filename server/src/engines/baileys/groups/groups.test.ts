import type { BinaryNode, GroupMetadata } from 'baileys';
import { describe, expect, test } from 'vitest';
import { type Surroundings, surroundings } from '../run.fixture.ts';
import { Groups } from './groups.ts';

const jid = '120363000000000001@g.us';
const bob = { id: '902@lid', phoneNumber: '5511900000002@s.whatsapp.net', admin: 'superadmin' as const };
const ana = { id: '900@lid', phoneNumber: '5511900000001@s.whatsapp.net', admin: null };
const eve = { id: '903@lid', phoneNumber: '5511900000003@s.whatsapp.net', admin: null };

/** A network with one group, which counts the questions. */
function given() {
  const group = { id: jid, subject: 'Team', owner: bob.id, participants: [bob, ana] } as unknown as GroupMetadata;
  const network = {
    group,
    asked: 0,
    answer: Promise.resolve(),
    signalRepository: {
      jidToSignalProtocolAddress: (name: string) => (name.endsWith('@lid') ? '900_1.7' : '5511900000001.7'),
    },
    async groupMetadata() {
      network.asked += 1;
      const then = { ...network.group };
      await network.answer;
      return then;
    },
    groupUpdateSubject: () => Promise.resolve(),
  };
  const context = surroundings(network);
  return { network, context, groups: new Groups(context) };
}

const notice = (tag: string, attrs: Record<string, string> = {}, people: BinaryNode['attrs'][] = []): BinaryNode => ({
  tag: 'notification',
  attrs: { type: 'w:gp2', from: jid, participant: bob.id, participant_pn: bob.phoneNumber },
  content: [{ tag, attrs, content: people.map((person) => ({ tag: 'participant', attrs: person })) }],
});
const person = ({ id, phoneNumber }: typeof eve) => ({ jid: id, phone_number: phoneNumber });
const ids = ({ participants }: GroupMetadata) => participants.map(({ id }) => id);
const settled = ({ reporter }: Surroundings) => reporter.settled;

describe('who is in a group', () => {
  test('is asked once for many messages, and changes as WhatsApp tells', async () => {
    const { network, groups } = given();
    await Promise.all([groups.metadata(jid), groups.metadata(jid)]);
    await groups.metadata(jid);
    groups.heard(notice('add', {}, [person(eve)]));
    expect(ids(await groups.metadata(jid))).toEqual([bob.id, ana.id, eve.id]);
    groups.heard(notice('promote', {}, [person(eve)]));
    expect((await groups.metadata(jid)).participants.at(-1)?.admin).toBe('admin');
    groups.heard(notice('remove', {}, [{ jid: eve.phoneNumber }]));
    expect(ids(await groups.metadata(jid))).toEqual([bob.id, ana.id]);
    groups.heard(notice('ephemeral', { expiration: '86400' }));
    expect((await groups.metadata(jid)).ephemeralDuration).toBe(86_400);
    expect(network.asked).toBe(1);
  });

  test('is asked again after this account changed something, and when WhatsApp does not say what changed', async () => {
    const { network, groups } = given();
    await groups.metadata(jid);
    await groups.rename(jid, 'Other');
    await groups.metadata(jid);
    groups.clear();
    await groups.metadata(jid);
    expect(network.asked).toBe(3);
  });

  test('is what it is after a change that came while it was asked for', async () => {
    const { network, context, groups } = given();
    const gate = Promise.withResolvers<undefined>();
    network.answer = gate.promise.then(() => undefined);
    const asked = groups.metadata(jid);
    groups.heard(notice('subject', { subject: 'New' }));
    groups.heard(notice('add', {}, [person(eve)]));
    gate.resolve(undefined);
    await asked;
    await settled(context);
    const known = await groups.metadata(jid);
    expect(known.subject).toBe('New');
    expect(ids(known)).toContain(eve.id);
    expect(network.asked).toBe(1);
  });
});

describe('what is told', () => {
  test('names people by number and LID, and who did it', async () => {
    const { context, groups } = given();
    groups.heard(notice('remove', {}, [person(eve)]));
    await settled(context);
    expect(context.told).toMatchObject([
      {
        type: 'participants',
        jid,
        action: 'remove',
        people: [{ phoneNumber: '5511900000003', lid: '903@lid' }],
        by: { phoneNumber: '5511900000002', lid: '902@lid' },
      },
    ]);
  });

  test('calls it leaving when somebody removes himself, and a group gone when it is us', async () => {
    const { context, groups } = given();
    groups.heard(notice('remove', {}, [person({ ...bob, admin: null })]));
    groups.heard(notice('remove', {}, [person(ana)]));
    await settled(context);
    expect(context.told.map((event) => [event.type, 'action' in event ? event.action : null])).toEqual([
      ['participants', 'leave'],
      ['participants', 'remove'],
      ['group', null],
    ]);
    expect(context.told.at(-1)).toMatchObject({ group: null });
  });

  test('is nothing where nothing of it concerns us, or WhatsApp does not answer', async () => {
    const { network, context, groups } = given();
    groups.heard(notice('invite', { code: 'x' }));
    groups.heard({ tag: 'notification', attrs: { type: 'w:gp2', from: jid } });
    network.answer = Promise.reject(new Error('no link'));
    groups.heard(notice('subject', { subject: 'New' }));
    await expect.poll(() => context.log.lines).toHaveLength(1);
    expect(context.told).toEqual([]);
  });
});

test('once somebody went, the key of the group is not used any more', async () => {
  const { context, groups } = given();
  const library = context.keys.forLibrary();
  const names = [`${jid}::900_1::7`, `${jid}::5511900000001::7`];
  await library.set({
    'sender-key': Object.fromEntries(names.map((name) => [name, Buffer.from('[]')])),
    'sender-key-memory': { [jid]: { '903@lid': true } },
  });
  groups.heard(notice('add', {}, [person(eve)]));
  expect(Object.keys(await library.get('sender-key', names))).toEqual(names);
  groups.heard(notice('remove', {}, [person(eve)]));
  await expect.poll(async () => Object.keys(await library.get('sender-key', names))).toEqual([]);
  expect(await library.get('sender-key-memory', [jid])).toEqual({});
});
