/** The same object without the fields that are undefined or null: what is absent is not there. */
export function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined | null }): T {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) kept[name] = value;
  }
  return kept as T;
}

/** Numbers of 64 bits come out of the protocol as an object or as a number. */
export function numberOf(value: number | { toNumber: () => number } | null | undefined): number | undefined {
  if (value == null) return undefined;
  return typeof value === 'number' ? value : value.toNumber();
}

/** Undefined for an empty text too: the protocol does not tell the two apart. */
export function filled(text: string | null | undefined): string | undefined {
  return text == null || text === '' ? undefined : text;
}

/** Undefined for no bytes. */
export function base64Of(bytes: Uint8Array | null | undefined): string | undefined {
  if (bytes == null || bytes.length === 0) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
