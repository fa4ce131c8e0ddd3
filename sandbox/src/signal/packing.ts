/** Keys as they are, numbers in 4 bytes: a few hundred bytes where JSON needs thousands. */
export class Writer {
  readonly #parts: Uint8Array[] = [];

  number(value: number): void {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(value);
    this.#parts.push(bytes);
  }

  key(key: Uint8Array): void {
    if (key.length !== 32) throw new Error('a key has 32 bytes');
    this.#parts.push(key);
  }

  optionalKey(key: Uint8Array | undefined): void {
    this.number(key === undefined ? 0 : 1);
    if (key !== undefined) this.key(key);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Throws where what it reads is cut short. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  number(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  key(): Uint8Array {
    if (this.#at + 32 > this.#bytes.length) throw new Error('a stored session is cut short');
    const key = this.#bytes.subarray(this.#at, this.#at + 32);
    this.#at += 32;
    return key;
  }

  optionalKey(): Uint8Array | undefined {
    return this.number() === 0 ? undefined : this.key();
  }
}
