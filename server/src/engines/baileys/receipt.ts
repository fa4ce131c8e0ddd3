/** A receipt stanza as news about messages of ours. */
import type { BinaryNode } from 'baileys';
import type { EngineReceipt } from '../../ports/engine.ts';
import { bothOf, isSame, type Me, senderAlternatives } from './envelope.ts';

const statuses = new Map<string, EngineReceipt['status']>([
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'played'],
]);

/** Null where it is no news: our own devices', a request to send again, a kind that says nothing about a status. */
export function readReceipt({ attrs, content }: BinaryNode, me: Me): EngineReceipt | null {
  const { id, from, participant, type, t, recipient } = attrs;
  if (!id || !from) return null;
  const status = statuses.get(type ?? 'delivered');
  const who = participant ?? from;
  if (!status || isSame(who, me)) return null;
  const { recipient_pn, recipient_lid } = attrs;
  return {
    waIds: [id, ...listed(content)],
    status,
    at: Number(t ?? 0) * 1000,
    by: bothOf(who, [...senderAlternatives(attrs), ...(recipient === undefined ? [recipient_pn, recipient_lid] : [])]),
  };
}

function listed(content: BinaryNode['content']): string[] {
  const list = Array.isArray(content) ? content.find((child) => child.tag === 'list') : undefined;
  const items = Array.isArray(list?.content) ? list.content : [];
  return items.flatMap(({ attrs: { id } }) => (id ? [id] : []));
}
