import { randomBytes, randomUUID } from 'node:crypto';
import type { Account } from '../store/accounts.ts';
import { lidJid, parseJid, pnJid } from '../wire/jid.ts';
import { type Stanza, childOf, childrenOf, countOf, el } from '../wire/stanza.ts';
import { type Answer, BAD_REQUEST } from './answers.ts';
import { sharedNumber } from './addresses.ts';
import type { Connection } from './connections.ts';
import { postToCompanions } from './delivery.ts';
import { type World, unixTime } from './world.ts';

const TOKEN_LENGTH = 16;
/** A token is renewed when somebody writes in another week than that of the last one, and good for four of them. */
const WEEK_MS = 604_800_000;
const GOOD_FOR_WEEKS = 4;

/** Who writes to somebody wants to be answered: a phone hands out its token with the first message of a week. */
export function issueWhenDue(world: World, from: Account, to: Account): void {
  const known = world.trustedTokens.find(from.phone, to.phone);
  const week = (ms: number) => Math.floor(ms / WEEK_MS);
  const now = world.clock.now();
  if (known === undefined || week(known.issuedAt) < week(now)) issue(world, from, to, now);
}

/** `privacy` with `tokens`: a companion lets others write to its account. */
export function acceptTokens(world: World, connection: Connection, query: Stanza): Answer {
  const from = world.accounts.byPhone(connection.phone);
  const tokens = childOf(query, 'tokens');
  if (from === undefined || tokens === undefined) return BAD_REQUEST;
  for (const token of childrenOf(tokens)) {
    const { jid, type } = token.attrs;
    const to = world.accounts.byJid(parseJid(jid ?? ''));
    const issuedAt = Math.min(countOf(token, 't', unixTime(world)) * 1000, world.clock.now());
    if (to !== undefined && type === 'trusted_contact') issue(world, from, to, issuedAt);
  }
  return [el('tokens')];
}

/** Whether `sender` holds what `recipient` handed out, and it is not too old. */
export function isTrusted(world: World, sender: Account, recipient: Account, token: Uint8Array | undefined): boolean {
  if (token === undefined) return false;
  const issued = world.trustedTokens.find(recipient.phone, sender.phone);
  if (issued === undefined || !issued.token.equals(token)) return false;
  return world.clock.now() - issued.issuedAt < GOOD_FOR_WEEKS * WEEK_MS;
}

function issue(world: World, from: Account, to: Account, issuedAt: number): void {
  if (from.phone === to.phone) return;
  const token = world.trustedTokens.find(from.phone, to.phone)?.token ?? randomBytes(TOKEN_LENGTH);
  world.trustedTokens.save(from.phone, to.phone, { token, issuedAt });
  const t = Math.floor(issuedAt / 1000);
  const attributes = {
    from: sharedNumber(from) ?? lidJid(from.lid),
    sender_lid: lidJid(from.lid),
    type: 'privacy_token',
    id: randomUUID(),
    t: unixTime(world),
  };
  const content = el('token', { type: 'trusted_contact', t, jid: pnJid(to.phone) }, token);
  postToCompanions(world, to.phone, el('notification', attributes, [el('tokens', {}, [content])]));
}
