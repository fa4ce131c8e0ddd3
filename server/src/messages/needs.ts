/** What an engine must be able to do for a message. Pure. */
import type { SendMessage } from '@zapfleet/contract';
import type { Capability } from '../ports/engine.ts';

export function needsOf(message: SendMessage, toGroup: boolean): Capability[] {
  const needs: Capability[] = [message.type ?? 'text'];
  const add = (wanted: unknown, capability: Capability): void => {
    if (wanted) needs.push(capability);
  };
  add(toGroup, 'groups');
  if (message.type === 'reaction' || message.type === 'poll_vote') return needs;
  add(message.quoted, 'quote');
  add(message.forwarded, 'forward');
  add(message.ephemeralSeconds, 'ephemeral');
  if ('mentions' in message) add(message.mentions?.length, 'mention');
  if ('viewOnce' in message) add(message.viewOnce, 'view_once');
  if ('linkPreview' in message) add(message.linkPreview, 'link_preview');
  return needs;
}
