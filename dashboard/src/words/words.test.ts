import { causes, deliveryFailures, errorCodes } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { ptBr } from './pt-br.ts';

/** `path` → text, of all words. */
function flat(words: object, path = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'string' ? [[`${path}${key}`, value]] : flat(value as object, `${path}${key}.`),
  );
}
const placesIn = (text: string): string[] => [...text.matchAll(/\{\{\w+\}\}/g)].map(([place]) => place).sort();

describe('the words of the page', () => {
  const english = new Map(flat(en));
  const portuguese = new Map(flat(ptBr));

  it('are the same in both languages, with the same places to fill', () => {
    expect([...portuguese.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, text] of english) {
      expect(text).not.toBe('');
      expect(portuguese.get(key)).not.toBe('');
      expect({ key, places: placesIn(portuguese.get(key) ?? '') }).toEqual({ key, places: placesIn(text) });
    }
  });

  it('say every error, cause and failed delivery of the contract', () => {
    for (const code of errorCodes) expect(Object.keys(en.error)).toContain(code);
    for (const code of causes) expect(Object.keys(en.cause)).toContain(code);
    expect(Object.keys(en.failure).sort()).toEqual([...deliveryFailures].sort());
  });
});
