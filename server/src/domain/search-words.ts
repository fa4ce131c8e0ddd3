/** What a message is found by: its words without case, accents and marks. Pure; the same for what is stored and for what is asked. */
import type { MessageContent } from '@zapfleet/contract';

/** Longer texts are found by their beginning. */
const MOST_WORDS = 2000;
/** The rest of a longer word does not count. */
const LONGEST_WORD = 40;

/** Letters of scripts that put no spaces between words: each of them is a word. */
const unspaced = String.raw`[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]&&\p{L}]`;
const hasUnspaced = new RegExp(unspaced, 'v');
const parts = new RegExp(`${unspaced}|[[\\p{L}\\p{N}]--${unspaced}]+`, 'gv');

/** Each word once. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const found = new Set<string>();
  for (const [run] of plain.matchAll(/[\p{L}\p{N}]+/gu)) {
    for (const word of hasUnspaced.test(run) ? (run.match(parts) ?? []) : [run]) {
      found.add(word.slice(0, LONGEST_WORD));
      if (found.size === MOST_WORDS) return [...found];
    }
  }
  return [...found];
}

/** What people wrote in a message; empty where there is nothing of that. */
export function searchableText(content: MessageContent): string {
  switch (content.type) {
    case 'text':
      return content.text;
    case 'image':
    case 'video':
      return content.caption ?? '';
    case 'document':
      return [content.media.filename, content.caption].join(' ');
    case 'location':
      return [content.name, content.address].join(' ');
    case 'contact':
      return content.contacts.flatMap(({ name, phoneNumbers }) => [name, ...phoneNumbers]).join(' ');
    case 'poll':
      return [content.question, ...content.options].join(' ');
    default:
      return '';
  }
}

/** Whether a message holds all these words, or words that begin with them. */
export function holdsWords(content: MessageContent, wanted: readonly string[]): boolean {
  const its = wordsOf(searchableText(content));
  return wanted.every((word) => its.some((one) => one.startsWith(word)));
}
