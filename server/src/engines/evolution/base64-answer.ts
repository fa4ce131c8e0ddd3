/** The file in an answer of JSON, decoded as it comes: it may be larger than anybody wants to keep in memory. */
import { RemoteFailure } from './client.ts';

const BEGINNING = /"base64"\s*:\s*"/;
/** What stands before the file: its name, its caption, what kind it is. */
const LONGEST_BEGINNING = 256 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Fails with `RemoteFailure` where there is no file in it, or where it breaks off. */
export async function* fileIn(answer: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let head: Buffer | null = Buffer.alloc(0);
  let rest = Buffer.alloc(0);
  for await (const piece of answer) {
    let text: Buffer;
    if (head) {
      head = Buffer.concat([head, piece]);
      const found = BEGINNING.exec(head.toString('latin1'));
      if (!found && head.length > LONGEST_BEGINNING) throw noFile();
      if (!found) continue;
      text = head.subarray(found.index + found[0].length);
      head = null;
    } else text = Buffer.from(piece);
    const end = text.indexOf(QUOTE);
    const inside = end < 0 ? text : text.subarray(0, end);
    // Some write a slash as `\/`.
    const all = Buffer.concat([
      rest,
      inside.includes(BACKSLASH) ? inside.filter((byte) => byte !== BACKSLASH) : inside,
    ]);
    const whole = end < 0 ? all.length - (all.length % 4) : all.length;
    rest = all.subarray(whole);
    if (whole > 0) yield Buffer.from(all.subarray(0, whole).toString('latin1'), 'base64');
    if (end >= 0) return;
  }
  throw noFile();
}

const noFile = (): RemoteFailure =>
  new RemoteFailure('not_json', 'The Evolution server answered without the file, or with a part of it.');
