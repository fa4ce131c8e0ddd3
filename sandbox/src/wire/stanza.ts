import type { BinaryNode } from 'baileys/lib/WABinary/types.js';

/** One element of the wire protocol: what a client library calls a binary node. */
export type Stanza = BinaryNode;

/** The network itself, as it names itself in `from`. */
export const SERVER = '@s.whatsapp.net';

type Attributes = Record<string, string | number | undefined>;

/** Builds an element; attributes that are undefined are left out, numbers become decimal strings. */
export function el(tag: string, attributes: Attributes = {}, content?: Stanza['content']): Stanza {
  const attrs: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) attrs[name] = String(value);
  }
  return content === undefined ? { tag, attrs } : { tag, attrs, content };
}

export function childrenOf(stanza: Stanza | undefined): Stanza[] {
  return Array.isArray(stanza?.content) ? stanza.content : [];
}

export function childOf(stanza: Stanza | undefined, tag: string): Stanza | undefined {
  return childrenOf(stanza).find((child) => child.tag === tag);
}

/** The content as bytes; a string that the codec had packed counts as its UTF-8 bytes. */
export function bytesOf(stanza: Stanza | undefined): Buffer | undefined {
  const content = stanza?.content;
  if (typeof content === 'string') return Buffer.from(content, 'utf8');
  if (content instanceof Uint8Array) return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return undefined;
}

export function textOf(stanza: Stanza | undefined): string | undefined {
  return bytesOf(stanza)?.toString('utf8');
}

/** The content as an unsigned big-endian number of whatever width it has. */
export function uintOf(stanza: Stanza | undefined): number | undefined {
  const bytes = bytesOf(stanza);
  if (bytes === undefined || bytes.length === 0 || bytes.length > 6) return undefined;
  return bytes.readUIntBE(0, bytes.length);
}

export function bigEndian(value: number, width: number): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
}

/** An attribute that is a whole number from 0 on; `otherwise` where it is none. */
export function countOf(stanza: Stanza | undefined, name: string, otherwise: number): number {
  const written = stanza?.attrs[name];
  return written !== undefined && /^\d{1,15}$/.test(written) ? Number(written) : otherwise;
}
