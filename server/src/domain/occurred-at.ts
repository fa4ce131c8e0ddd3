/**
 * When an event happened, in ms since the epoch. Read from its envelope without parsing the whole, of which there is much: inside a text every
 * quote is escaped, so this matches the name of a field only.
 */
export function occurredAtOf(json: string): number {
  return Date.parse(/"occurredAt":"([^"]+)"/.exec(json)?.[1] ?? '');
}
