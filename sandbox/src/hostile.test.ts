import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { trust } from './testing/client.ts';
import { linked, newPhone, screen, write } from './testing/controls.ts';
import { newGroup, writeInGroup } from './testing/groups.ts';
import { type Stanza, bigEndian, el } from './wire/stanza.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

const garbage = [Buffer.alloc(0), Buffer.from([0x33]), randomBytes(10), randomBytes(90), Buffer.alloc(200, 0x33)];

describe('a client that says what no client says', () => {
  it('is answered or ignored, stays connected, and harms nobody', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const group = await newGroup(network, 'Team', [ana, bob]);
    await using client = await linked(network, ana);
    await write(network, bob, ana, 'oi');
    await writeInGroup(network, bob, group, 'olá');
    const { message } = await client.received('olá');
    const send = (stanza: Stanza) => client.socket.sendNode(stanza);
    for (const bytes of garbage) {
      for (const type of ['msg', 'pkmsg', 'skmsg']) {
        const enc = el('enc', { v: 2, type }, bytes);
        const to = el('participants', {}, [el('to', { jid: bob.lid }, [enc])]);
        await send(el('message', { id: randomBytes(8).toString('hex'), to: bob.lid, type: 'text' }, [to]));
        await send(el('message', { id: randomBytes(8).toString('hex'), to: group.id, type: 'text' }, [to, enc]));
        await send(el('message', { id: randomBytes(8).toString('hex'), to: group.id, participant: bob.lid }, [enc]));
      }
      const keys = el('keys', {}, [
        el('identity', {}, randomBytes(32)),
        el('key', {}, [el('id', {}, bytes), el('value', {}, randomBytes(32))]),
        el('skey', {}, [
          el('id', {}, bigEndian(1, 3)),
          el('value', {}, randomBytes(32)),
          el('signature', {}, randomBytes(64)),
        ]),
      ]);
      const retry = el('retry', { count: 'many', id: message.key.id ?? '', t: 'now' });
      for (const to of [bob.lid, group.id, 'status@broadcast', '1@broadcast', 'nobody']) {
        const attributes = { id: message.key.id ?? '', to, type: 'retry', participant: bob.lid };
        await send(el('receipt', attributes, [retry, el('registration', {}, bigEndian(1, 4)), keys]));
      }
    }
    const query = (to: string, type: 'get' | 'set', content: Stanza[], xmlns = 'w:g2') =>
      client.socket.query(el('iq', { to, type, xmlns }, content)).catch((error: unknown) => error);
    await query(group.id, 'set', [el('ephemeral', { expiration: 'forever' })]);
    await query(group.id, 'set', [el('subject', {}, Buffer.alloc(0))]);
    await query(group.id, 'set', [el('add', {}, [el('participant', { jid: 'nobody' }), el('participant')])]);
    await query(group.id, 'set', [el('membership_requests_action')]);
    await query(group.id, 'set', []);
    await query('@g.us', 'set', [el('create', { subject: 'x'.repeat(101) })]);
    await query('@g.us', 'set', [el('leave', {}, [el('group'), el('group', { id: '../x' })])]);
    await query('none@g.us', 'get', [el('query')]);
    await query(
      '@s.whatsapp.net',
      'set',
      [el('tokens', {}, [el('token', { jid: bob.lid, t: 'x', type: 'trusted_contact' })])],
      'privacy',
    );
    await query(
      '@s.whatsapp.net',
      'get',
      [el('query', { query_id: '6563316087068696' }, Buffer.from('{"variables":'))],
      'w:mex',
    );
    await send(el('call', { id: '1', to: bob.lid }, []));
    await send(el('call', { id: '2', to: bob.lid }, [el('reject', { 'call-id': 'none' })]));
    expect(await client.socket.groupMetadata(group.id)).toMatchObject({ subject: 'Team', size: 2 });
    expect(client.isOpen).toBe(true);
    await client.socket.sendMessage(bob.lid, { text: 'tudo bem' });
    await client.socket.sendMessage(group.id, { text: 'tudo bem aqui' });
    await expect
      .poll(async () => (await screen(network, bob)).map(({ text }) => text))
      .toEqual(['oi', 'olá', 'tudo bem', 'tudo bem aqui']);
  });
});
