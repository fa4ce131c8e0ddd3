/**
 * Baileys' values as bytes and back: one leading byte says how the rest is written. Plain JSON keeps its meaning over versions of
 * Node and of the library; byte strings stand as they are, or in base64 inside of JSON.
 */
const RAW = 0;
const JSON_TEXT = 1;
const BYTES = '$bytes';

export function encodeValue(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return prefixed(RAW, value);
  return prefixed(JSON_TEXT, Buffer.from(JSON.stringify(value, writeBytes)));
}

/** Throws where the bytes were not written by `encodeValue`. */
export function decodeValue(bytes: Uint8Array): unknown {
  const rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(1);
  switch (bytes[0]) {
    case RAW:
      return Buffer.from(rest);
    case JSON_TEXT: {
      const text = rest.toString('utf8');
      return text.includes(BYTES) ? JSON.parse(text, readBytes) : JSON.parse(text);
    }
    default:
      throw new Error(`a stored value has the unknown encoding ${String(bytes[0])}`);
  }
}

function prefixed(encoding: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 1);
  bytes[0] = encoding;
  bytes.set(content, 1);
  return bytes;
}

/** Looks at the value before its own `toJSON` does: Buffers and protobuf objects would write byte strings their way. */
function writeBytes(this: Record<string, unknown>, key: string, json: unknown): unknown {
  const value = this[key];
  if (value instanceof Uint8Array) return { [BYTES]: Buffer.from(value).toString('base64') };
  const hasOwnWay = typeof value === 'object' && value !== null && 'toJSON' in value;
  return hasOwnWay ? { ...value } : json;
}

function readBytes(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !(BYTES in value)) return value;
  return typeof value[BYTES] === 'string' ? Buffer.from(value[BYTES], 'base64') : value;
}
