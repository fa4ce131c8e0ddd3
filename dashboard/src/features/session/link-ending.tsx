/** How the linking of a phone ended: said plainly, where a moment ago the code was. */
import type { Session } from '@zapfleet/sdk';
import { CircleAlert, CircleCheck, Hourglass } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { usePhoneNumbers } from '../../words/phone-number.ts';
import { sayCause } from '../../words/say.ts';
import type { LinkEndingKind } from './ending-of.ts';

export function LinkEnding({ session, ending }: { session: Session; ending: LinkEndingKind }) {
  const { t } = useTranslation();
  const phone = usePhoneNumbers();
  const { account, cause } = session;
  const good = ending === 'linked';
  const Sign = good ? CircleCheck : ending === 'interrupted' || ending === 'stopped' ? Hourglass : CircleAlert;
  return (
    <section
      role="status"
      data-link-ending={ending}
      className={`card flex items-start gap-3 ${good ? 'border-good' : ending === 'refused' || ending === 'missing' ? 'border-bad' : 'border-busy'}`}
    >
      <Sign aria-hidden className={`mt-0.5 size-6 shrink-0 ${good ? 'text-good' : 'text-busy'}`} />
      <div className="grid gap-1">
        <h2>{t(`link.ending.${ending}.title`)}</h2>
        <p>
          {good && account
            ? `${account.pushName ?? ''} ${phone(account.phoneNumber)}`
            : t(`link.ending.${ending}.hint`)}
        </p>
        {cause && (ending === 'refused' || ending === 'missing' || ending === 'interrupted') && (
          <p className="note">{sayCause(cause)}</p>
        )}
      </div>
    </section>
  );
}
