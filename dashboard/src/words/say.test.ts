import { checkFailures, deliveryFailures } from '@zapfleet/contract';
import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { ptBr } from './pt-br.ts';
import { sayCheck, sayDeliveryFailure } from './say.ts';

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
