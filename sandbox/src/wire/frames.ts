const PROTOCOL = Buffer.from([0x57, 0x41, 6, 3]);

/** What opens every connection: `WA`, protocol 6, dictionary 3. It is also the prologue of the noise handshake. */
export const HEADER: Uint8Array = PROTOCOL;

const MAX_FRAME = 1 << 24;

/** Splits the byte stream of one connection into frames: an optional routing prefix and the header once, then 3-byte lengths. */
export class FrameReader {
  #buffered: Buffer = Buffer.alloc(0);
  #headerSeen = false;

  /** Throws where the stream does not begin as the protocol says. */
  *read(chunk: Buffer): Generator<Buffer> {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    if (!this.#headerSeen && !this.#takeHeader()) return;
    while (this.#buffered.length >= 3) {
      const end = 3 + this.#buffered.readUIntBE(0, 3);
      if (this.#buffered.length < end) return;
      const frame = this.#buffered.subarray(3, end);
      this.#buffered = this.#buffered.subarray(end);
      yield frame;
    }
  }

  #takeHeader(): boolean {
    let start = 0;
    if (this.#buffered[0] === 0x45 && this.#buffered[1] === 0x44) {
      if (this.#buffered.length < 7) return false;
      start = 7 + this.#buffered.readUIntBE(4, 3);
    }
    if (this.#buffered.length < start + PROTOCOL.length) return false;
    if (!this.#buffered.subarray(start, start + PROTOCOL.length).equals(PROTOCOL)) {
      throw new Error('the stream does not begin with the protocol header');
    }
    this.#buffered = this.#buffered.subarray(start + PROTOCOL.length);
    this.#headerSeen = true;
    return true;
  }
}

export function frame(body: Uint8Array): Buffer {
  if (body.length >= MAX_FRAME) throw new Error('frame too long');
  const bytes = Buffer.allocUnsafe(3 + body.length);
  bytes.writeUIntBE(body.length, 0, 3);
  bytes.set(body, 3);
  return bytes;
}
