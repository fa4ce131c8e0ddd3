/** The words of the page: English and Brazilian Portuguese, each loaded when it is wanted. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { en } from './en.ts';

export const languages = { en: 'English', 'pt-BR': 'Português' } as const;
export type Language = keyof typeof languages;

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

const KEPT = 'zapfleet.language';

const load: Record<Language, () => Promise<unknown>> = {
  en: async () => (await import('./en.ts')).en,
  'pt-BR': async () => (await import('./pt-br.ts')).ptBr,
};

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept !== null && kept in languages) return kept as Language;
  return navigator.languages.some((one) => /^pt\b/i.test(one)) && /^pt\b/i.test(navigator.language) ? 'pt-BR' : 'en';
}

export async function startWords(): Promise<void> {
  // Nothing of ours is markup: React writes all of it as text.
  await i18next.use(initReactI18next).init({ resources: {}, interpolation: { escapeValue: false } });
  await show(firstLanguage());
}

/** Kept for the next visit. */
export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEPT, language);
  await show(language);
}

async function show(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'translation'))
    i18next.addResourceBundle(language, 'translation', await load[language]());
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
