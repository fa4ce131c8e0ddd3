import { useTranslation } from 'react-i18next';
import { chooseLanguage, type Language, languages } from '../words/index.ts';
import { themes, type Theme, useTheme } from './theme.ts';

export function Preferences() {
  const { t, i18n } = useTranslation();
  const [theme, setTheme] = useTheme();
  return (
    <div className="grid grid-cols-[1.15fr_1fr] gap-1.5 text-sm">
      <label className="grid min-w-0 gap-1">
        <span className="note">{t('language')}</span>
        <select
          className="input pr-7 pl-2 text-sm"
          value={i18n.language}
          onChange={(event) => void chooseLanguage(event.target.value as Language)}
        >
          {Object.entries(languages).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className="grid min-w-0 gap-1">
        <span className="note">{t('theme')}</span>
        <select
          className="input pr-7 pl-2 text-sm"
          value={theme}
          onChange={(event) => setTheme(event.target.value as Theme)}
        >
          {themes.map((one) => (
            <option key={one} value={one}>
              {t(`themes.${one}`)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
