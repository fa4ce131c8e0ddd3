import type { MessageContent } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { holdsWords, searchableText, wordsOf } from './search-words.ts';

describe('the words of a text', () => {
  it.each([
    ['Promoção de AÇAÍ!', ['promocao', 'de', 'acai']],
    ['pedido nº 1.234,56 — obrigado', ['pedido', 'no', '1', '234', '56', 'obrigado']],
    ['Ольга Ёлкина', ['ольга', 'елкина']],
    ['مَرْحَبًا', ['مرحبا']],
    ['ΑΘΉΝΑ', ['αθηνα']],
    ['東京タワーabc', ['東', '京', 'タ', 'ワ', 'ー', 'abc']],
    ['ｆｕｌｌ　ｗｉｄｔｈ', ['full', 'width']],
    ['🙈🚀 ...', []],
    ['a a A á', ['a']],
    ["it's e-mail me@x.com", ['it', 's', 'e', 'mail', 'me', 'x', 'com']],
  ])('%s are %j', (text, expected) => {
    expect(wordsOf(text)).toEqual(expected);
  });

  it('are bounded, in number and in length', () => {
    expect(wordsOf('x'.repeat(5000))).toEqual(['x'.repeat(40)]);
    expect(wordsOf(Array.from({ length: 9000 }, (_, at) => `w${at}`).join(' '))).toHaveLength(2000);
  });
});

describe('a message', () => {
  it('is searched in what people wrote, whatever its kind', () => {
    const media = { filename: 'Boleto.pdf' } as never;
    expect(searchableText({ type: 'document', caption: 'vence hoje', mentions: [], media })).toBe(
      'Boleto.pdf vence hoje',
    );
    expect(searchableText({ type: 'image', caption: null, mentions: [], media })).toBe('');
    expect(searchableText({ type: 'poll', question: 'Quando?', options: ['hoje'], selectable: 1 })).toBe(
      'Quando? hoje',
    );
    expect(searchableText({ type: 'revoked' })).toBe('');
  });

  it('holds words by their beginning, in any order, and all of them', () => {
    const content: MessageContent = { type: 'text', text: 'A fatura de São Paulo chegou', mentions: [] };
    expect(holdsWords(content, ['pau', 'fat'])).toBe(true);
    expect(holdsWords(content, ['fatura', 'rio'])).toBe(false);
    expect(holdsWords(content, ['tura'])).toBe(false);
  });
});
