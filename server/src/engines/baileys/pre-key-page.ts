/**
 * Pre-keys in pages of up to 64. A login that has none makes 812 at once: as rows of their own they would cost a pairing more than
 * all the rest of it, and as objects they would be three quarters of an idle session's memory.
 */
export type PreKey = { public: Uint8Array; private: Uint8Array };

/** Changes by id; null removes. */
export type PreKeyChanges = ReadonlyMap<number, PreKey | null>;

const PAGE = 64;
const KEY = 32;
const ENTRY = 1 + 2 * KEY;

export function pageOf(id: number): number {
  return Math.floor(id / PAGE);
}

/** The page with the changes made; null when nothing is left on it. Ids must belong to this page. */
export function changePage(page: Uint8Array | undefined, changes: PreKeyChanges): Uint8Array | null {
  const kept: Uint8Array[] = [];
  const changed = new Set([...changes.keys()].map(slotOf));
  for (const entry of entriesOf(page)) {
    if (!changed.has(entry[0] ?? 0)) kept.push(entry);
  }
  for (const [id, key] of changes) {
    if (key === null) continue;
    const entry = new Uint8Array(ENTRY);
    entry[0] = slotOf(id);
    entry.set(requireKey(key.public), 1);
    entry.set(requireKey(key.private), 1 + KEY);
    kept.push(entry);
  }
  return kept.length === 0 ? null : Buffer.concat(kept);
}

export function findPreKey(page: Uint8Array | undefined, id: number): PreKey | undefined {
  const slot = slotOf(id);
  for (let at = 0; page !== undefined && at < page.length; at += ENTRY) {
    if (page[at] !== slot) continue;
    const keys = Buffer.from(page.subarray(at + 1, at + ENTRY));
    return { public: keys.subarray(0, KEY), private: keys.subarray(KEY) };
  }
  return undefined;
}

function* entriesOf(page: Uint8Array | undefined): Generator<Uint8Array> {
  for (let at = 0; page !== undefined && at < page.length; at += ENTRY) yield page.subarray(at, at + ENTRY);
}

function slotOf(id: number): number {
  return id % PAGE;
}

function requireKey(key: Uint8Array): Uint8Array {
  if (key.length !== KEY) throw new RangeError(`a pre-key of ${key.length} bytes`);
  return key;
}
