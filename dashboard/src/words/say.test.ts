import { checkFailures, deliveryFailures } from '@zapfleet/contract';
import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { ptBr } from './pt-br.ts';
import { sayAge, sayCheck, sayDeliveryFailure } from './say.ts';

beforeAll(async () => {
  const resources = { en: { translation: en }, 'pt-BR': { translation: ptBr } };
  await i18next.init({ resources, lng: 'en', interpolation: { escapeValue: false } });
});

describe('a failed delivery', () => {
  it('is said by its code in the language of the page, and by the server in its own', async () => {
    await i18next.changeLanguage('pt-BR');
    expect(sayDeliveryFailure({ code: 'http_status', status: 503 })).toBe('O destino respondeu 503.');
    for (const code of deliveryFailures) expect(sayDeliveryFailure({ code, status: null })).not.toContain('failure.');
    expect(sayDeliveryFailure({ code: null, status: 503 })).toBeNull();
    await i18next.changeLanguage('en');
    expect(sayDeliveryFailure({ code: 'http_status', status: 503 })).toBeNull();
  });
});

describe('a check of the server', () => {
  const check = { ok: true, detail: 'in the words of the server', code: null, figures: {} };

  it('is said by its figures and its code in the language of the page', async () => {
    await i18next.changeLanguage('pt-BR');
    const delay = { ...check, figures: { lagMs: 3, worstLagMs: 1200 } };
    expect(sayCheck(delay)).toBe('3\u00a0ms agora, 1.200\u00a0ms no pior momento');
    expect(sayCheck({ ...check, figures: { usable: 1, known: 3 } })).toBe('1 de 3 disponíveis');
    expect(sayCheck(check)).toBe('OK');
    for (const code of checkFailures) expect(sayCheck({ ...check, ok: false, code })).not.toContain('overview.');
    await i18next.changeLanguage('en');
    expect(sayCheck(delay)).toBe('3\u00a0ms now, 1,200\u00a0ms at worst');
    expect(sayCheck({ ...check, ok: false, code: 'disk_full' })).toBe('in the words of the server');
  });
});

describe('for how long something has been so', () => {
  it.each([
    [-5000, 'just now', 'agora mesmo'],
    [59_999, 'just now', 'agora mesmo'],
    [60_000, 'for 1 minute', 'há 1 minuto'],
    [59 * 60_000, 'for 59 minutes', 'há 59 minutos'],
    [23 * 3_600_000 + 3_599_999, 'for 23 hours', 'há 23 horas'],
    [3 * 86_400_000, 'for 3 days', 'há 3 dias'],
  ])('is said of %d ms in the largest unit of which there is one', async (ms, english, portuguese) => {
    await i18next.changeLanguage('en');
    expect(sayAge(ms)).toBe(english);
    await i18next.changeLanguage('pt-BR');
    expect(sayAge(ms)).toBe(portuguese);
  });
});
