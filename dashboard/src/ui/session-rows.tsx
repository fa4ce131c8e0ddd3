/** Sessions that something is about to be done to. */
import type { Session } from '@zapfleet/sdk';
import { useTranslation } from 'react-i18next';
import { usePhoneNumbers } from '../words/phone-number.ts';

/** `note`: what else is to be known of it. */
type Row = Pick<Session, 'id' | 'name' | 'state'> & { phoneNumber: string | null; note?: string | null };

export function SessionRows({ rows }: { rows: readonly Row[] }) {
  const { t } = useTranslation();
  const phone = usePhoneNumbers();
  return (
    <ul
      className="max-h-64 divide-y divide-line overflow-auto rounded-lg border border-line px-3 text-sm"
      tabIndex={0}
      aria-label={t('nav.sessions')}
    >
      {rows.map(({ id, name, state, phoneNumber, note }) => (
        <li key={id} className="flex flex-wrap items-baseline justify-between gap-x-3 py-1.5">
          <span className="font-medium">{name}</span>
          <span className="note">
            {[note, phoneNumber === null ? null : phone(phoneNumber), t(`state.${state}`)].filter(Boolean).join(' · ')}
          </span>
        </li>
      ))}
    </ul>
  );
}
