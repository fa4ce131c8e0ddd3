/** The fields of a protobuf message while its bytes come in: a whole history is too large to be in memory at once. */

export type Field = { number: number; bytes: Buffer };

const LENGTH_DELIMITED = 2;
/** Whatever is one field of a history: a conversation with all its messages. */
const LONGEST_FIELD = 64 * 1024 * 1024;

/** Those that carry bytes; numbers are passed over. Throws where it is no protobuf message, or a field is too long. */
export async function* fieldsOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Field> {
  let pending: Buffer[] = [];
  let length = 0;
  let needed = 1;
  for await (const piece of stream) {
    pending.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    length += piece.length;
    if (length < needed) continue;
    let rest = pending.length === 1 && pending[0] ? pending[0] : Buffer.concat(pending);
    for (;;) {
      const read = readField(rest);
      if ('needed' in read) {
        needed = read.needed;
        break;
      }
      if (read.field) yield read.field;
      rest = rest.subarray(read.length);
    }
    pending = [rest];
    length = rest.length;
  }
  if (length > 0) throw new Error('a history ends in the middle of a field');
}

type Read = { field: Field | null; length: number } | { needed: number };

function readField(bytes: Buffer): Read {
  const tag = readVarint(bytes, 0);
  if (!tag) return { needed: bytes.length + 1 };
  const number = Math.floor(tag.value / 8);
  switch (tag.value % 8) {
    case 0: {
      const value = readVarint(bytes, tag.end);
      return value ? { field: null, length: value.end } : { needed: bytes.length + 1 };
    }
    case 1:
      return passOver(bytes, tag.end + 8);
    case 5:
      return passOver(bytes, tag.end + 4);
    case LENGTH_DELIMITED: {
      const size = readVarint(bytes, tag.end);
      if (!size) return { needed: bytes.length + 1 };
      if (size.value > LONGEST_FIELD) throw new Error(`a field of a history has ${size.value} bytes`);
      const end = size.end + size.value;
      if (bytes.length < end) return { needed: end };
      return { field: { number, bytes: bytes.subarray(size.end, end) }, length: end };
    }
    default:
      throw new Error('a history is no protobuf message');
  }
}

function passOver(bytes: Buffer, end: number): Read {
  return bytes.length < end ? { needed: end } : { field: null, length: end };
}

/** Null where it is not whole yet. */
function readVarint(bytes: Buffer, from: number): { value: number; end: number } | null {
  let value = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, end: at + 1 };
    if (at - from >= 9) throw new Error('a number in a history is too long');
  }
  return null;
}
