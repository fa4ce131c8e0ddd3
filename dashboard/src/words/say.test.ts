import { deliveryFailures } from '@zapfleet/contract';
import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { ptBr } from './pt-br.ts';
import { sayDeliveryFailure } from './say.ts';

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
