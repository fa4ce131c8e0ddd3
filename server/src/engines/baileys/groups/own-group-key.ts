/** The key by which this account writes in a group, as Baileys keeps it. */
import type { SignalKeyStore } from 'baileys';

/** `address`: this device, as Signal names it (`<user>.<device>`). */
export function ownKeyName(group: string, address: string): string {
  return `${group}::${address.replace('.', '::')}`;
}

/** A version of the key's chain; `senderMessageKeys` are steps that were passed over, for messages that come late. */
type ChainState = { senderMessageKeys?: unknown[] };

/**
 * Baileys passes over a step with each message that it encrypts and keeps it, up to 2,000 of them, though nobody ever decrypts with a key of
 * his own: without this each message to a group costs more than the one before. Called after each, in the transaction of its encryption.
 */
export async function dropPassedSteps(library: Pick<SignalKeyStore, 'get' | 'set'>, name: string): Promise<void> {
  const stored = (await library.get('sender-key', [name]))[name];
  if (!stored) return;
  const states = JSON.parse(Buffer.from(stored).toString('utf8')) as ChainState[];
  if (states.every(({ senderMessageKeys: passed = [] }) => passed.length === 0)) return;
  const light = states.map((state) => ({ ...state, senderMessageKeys: [] }));
  await library.set({ 'sender-key': { [name]: Buffer.from(JSON.stringify(light)) } });
}
