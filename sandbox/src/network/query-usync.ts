import { findExactly } from '../people/numbers.ts';
import type { Account } from '../store/accounts.ts';
import { lidJid, parseJid, pnJid } from '../wire/jid.ts';
import { type Stanza, childOf, childrenOf, el, textOf } from '../wire/stanza.ts';
import { type Answer, BAD_REQUEST } from './answers.ts';
import { type World, unixTime } from './world.ts';

/** `xmlns=usync`: who is here, under which names, on which devices. */
export function answerUsync(world: World, query: Stanza): Answer {
  const usync = childOf(query, 'usync');
  const asked = childrenOf(childOf(usync, 'query')).map((protocol) => protocol.tag);
  const list = childOf(usync, 'list');
  if (usync === undefined || list === undefined) return BAD_REQUEST;
  const users = childrenOf(list).map((user) => userStanza(world, asked, user));
  const result = asked.map((protocol) => el(protocol, {}));
  const { sid, index, last, mode, context } = usync.attrs;
  return [el('usync', { sid, index, last, mode, context }, [el('result', {}, result), el('list', {}, users)])];
}

function userStanza(world: World, asked: readonly string[], user: Stanza): Stanza {
  const written = user.attrs['jid'] ?? textOf(childOf(user, 'contact')) ?? '';
  const account = findExactly(world, written);
  const jid = parseJid(written);
  if (account === undefined) {
    const unknown = jid.kind === 'other' ? pnJid(written.replace(/\D/g, '')) : written;
    return el('user', { jid: unknown }, asked.includes('contact') ? [el('contact', { type: 'out' })] : []);
  }
  const byLid = jid.kind === 'lid';
  const content: Stanza[] = [];
  for (const protocol of asked) {
    if (protocol === 'contact') content.push(el('contact', { type: 'in' }, textOf(childOf(user, 'contact'))));
    if (protocol === 'devices') content.push(devicesStanza(world, account));
    // Who asks by LID knows it; a client would take the answer for the mapping of a LID to itself.
    if (protocol === 'lid' && !byLid) content.push(el('lid', { val: lidJid(account.lid) }));
    if (protocol === 'status') content.push(el('status', { t: unixTime(world) }));
    if (protocol === 'disappearing_mode') content.push(el('disappearing_mode', { duration: 0, t: 0 }));
    if (protocol === 'picture') content.push(el('picture', { id: 0 }));
  }
  return el('user', { jid: byLid ? lidJid(account.lid) : pnJid(account.phone) }, content);
}

function devicesStanza(world: World, account: Account): Stanza {
  const companions = world.devices.of(account.phone);
  const devices = companions.map(({ device, keyIndex }) => el('device', { id: device, 'key-index': keyIndex }));
  return el('devices', {}, [
    el('device-list', {}, [el('device', { id: 0 }), ...devices]),
    el('key-index-list', { ts: unixTime(world) }, account.keyIndexList),
  ]);
}
