/**
 * The keys by which people write in groups, as Baileys keeps them. It passes over a step with each message that it encrypts; who sends and who
 * receives keeps up to 2,000 of those for messages that come late, and cannot read them again, because of the way in which it writes them.
 */

/** `address`: a device, as Signal names it (`<user>.<device>`). */
export function groupKeyName(group: string, address: string): string {
  return `${group}::${address.replace('.', '::')}`;
}

type Bytes = { type: 'Buffer'; data: readonly number[] | string };
/** One of an author's chains; `senderMessageKeys` are the steps that were passed over, oldest first. */
type Chain = { senderSigningKey?: { private?: Bytes }; senderMessageKeys?: unknown[] };

/** WhatsApp brings what somebody writes in the order in which he wrote it, give or take a few. */
const KEPT = 32;

/** A key as it is worth keeping: without steps that nobody needs any more, and so that Baileys can read all of it. `value` is Baileys' own JSON. */
export function lightGroupKey(value: Uint8Array): Uint8Array {
  const chains = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()) as Chain[];
  const light = chains.map((chain) => ({ ...chain, senderMessageKeys: neededOf(chain) }));
  return Buffer.from(JSON.stringify(light, inBase64));
}

function neededOf({ senderSigningKey, senderMessageKeys: passed = [] }: Chain): unknown[] {
  // Nobody decrypts with a key of his own.
  const isOwn = (senderSigningKey?.private?.data.length ?? 0) > 0;
  return isOwn ? [] : passed.slice(Math.max(0, passed.length - KEPT));
}

/** Baileys writes bytes as lists of numbers, and takes them for bytes again in base64 only. */
function inBase64(_key: string, value: unknown): unknown {
  return isList(value) ? { type: 'Buffer', data: Buffer.from(value.data).toString('base64') } : value;
}

function isList(value: unknown): value is { data: number[] } {
  return (value as Bytes | null | undefined)?.type === 'Buffer' && Array.isArray((value as Bytes).data);
}
