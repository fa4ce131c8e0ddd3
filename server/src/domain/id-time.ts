/** The time that an id was made at: its first ten letters. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** ms since the epoch. */
export function idTime(id: string): number {
  let time = 0;
  const begin = id.indexOf('_') + 1;
  for (let at = begin; at < begin + 10; at += 1) time = time * 32 + Math.max(0, ALPHABET.indexOf(id.charAt(at)));
  return time;
}

/** The smallest id of this prefix that was made at `time` or later; not one that anything has. */
export function idFrom(prefix: string, time: number): string {
  let text = '';
  for (let rest = Math.max(0, Math.floor(time)), at = 0; at < 10; at += 1, rest = Math.floor(rest / 32)) {
    text = ALPHABET.charAt(rest % 32) + text;
  }
  return `${prefix}_${text}`;
}
