import { randomBytes, randomUUID } from 'node:crypto';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { lidJid } from '../wire/jid.ts';
import { type Stanza, childrenOf, el } from '../wire/stanza.ts';
import { addressOf, attributeName, sharedNumber } from './addresses.ts';
import type { Call } from './call-book.ts';
import type { Connection } from './connections.ts';
import { postToCompanions } from './delivery.ts';
import { membersOf } from './group-notices.ts';
import { type World, unixTime } from './world.ts';

/** A phone rings somebody, or all members of a group. */
export function ring(world: World, caller: Account, to: Account | Group, video: boolean): Call {
  const id = randomBytes(16).toString('hex').toUpperCase();
  const name = 'subject' in to ? to.id : to.phone;
  const call = { id, from: caller.phone, to: name, video, startedAt: world.clock.now(), status: 'ringing' } as const;
  const sound = ['16000', '8000'].map((rate) => el('audio', { enc: 'opus', rate }));
  const sight = video ? [el('video', { enc: 'vp8', dec: 'vp8', orientation: 0 })] : [];
  const offer = el('offer', { ...callAttributes(caller, call), joinable: 1 }, [...sound, ...sight]);
  world.db.transaction(() => tellCallees(world, caller, call, offer));
  return world.calls.keep(call);
}

/** The caller hangs up, or nobody answered in time. Answers the call as it is now; one that is over stays so. */
export function endCall(world: World, caller: Account, call: Call, reason: 'hangup' | 'timeout'): Call {
  if (call.status !== 'ringing' && call.status !== 'accepted') return call;
  const missed = reason === 'timeout' && call.status === 'ringing';
  const end = el('terminate', { ...callAttributes(caller, call), reason: missed ? 'timeout' : undefined });
  world.db.transaction(() => tellCallees(world, caller, call, end));
  return world.calls.keep({ ...call, status: missed ? 'missed' : 'ended' });
}

/** What a companion says to a call that rings it: only refusals mean anything here. */
export function acceptCall(world: World, connection: Connection, stanza: Stanza): void {
  const { id, to } = stanza.attrs;
  const [said] = childrenOf(stanza);
  const callee = world.accounts.byPhone(connection.phone);
  const call = world.calls.find(said?.attrs['call-id'] ?? '');
  const known = callee !== undefined && call !== undefined && concerns(world, call, callee);
  const error = known ? undefined : 404;
  const ack = el('ack', { class: 'call', id, from: to, type: said?.tag, error });
  world.db.afterCommit(() => connection.link.send(ack));
  if (!known || said === undefined || call.status !== 'ringing') return;
  if (said.tag !== 'reject' && said.tag !== 'accept') return;
  world.calls.keep({ ...call, status: said.tag === 'reject' ? 'rejected' : 'accepted' });
  // The other devices stop ringing.
  const answer = el('call', { from: addressOf(callee, connection.device), id: randomUUID(), t: unixTime(world) }, [
    el(said.tag, { 'call-id': call.id, 'call-creator': said.attrs['call-creator'] }),
  ]);
  postToCompanions(world, callee.phone, answer, connection.device);
  postToCompanions(world, call.from, answer);
}

function concerns(world: World, call: Call, callee: Account): boolean {
  return call.to === callee.phone || world.groups.member(call.to, callee.phone) !== undefined;
}

function callAttributes(caller: Account, call: Call): Record<string, string | undefined> {
  const group = call.to.endsWith('@g.us') ? call.to : undefined;
  return {
    'call-id': call.id,
    'call-creator': addressOf(caller),
    caller_pn: caller.addressing === 'lid' ? sharedNumber(caller) : undefined,
    caller_lid: caller.addressing === 'pn' ? lidJid(caller.lid) : undefined,
    'group-jid': group,
    type: group === undefined ? undefined : 'group',
  };
}

function tellCallees(world: World, caller: Account, call: Call, said: Stanza): void {
  const group = world.groups.find(call.to);
  const callees = group === undefined ? [call.to] : membersOf(world, group).filter((phone) => phone !== call.from);
  for (const phone of callees) {
    const attributes = {
      from: addressOf(caller),
      id: randomUUID(),
      t: unixTime(world),
      notify: attributeName(caller.name),
    };
    postToCompanions(world, phone, el('call', attributes, [said]));
  }
}
