/** The state of a session as a coloured word. */
import type { Session } from '@zapfleet/sdk';
import { useTranslation } from 'react-i18next';

type Looks = Record<Session['state'], string>;
const colours: Looks = {
  stopped: 'text-idle border-idle/40',
  connecting: 'text-busy border-busy/40 bg-busy-tint',
  linking: 'text-busy border-busy/40 bg-busy-tint',
  connected: 'text-good border-good/40 bg-tint',
  waiting: 'text-busy border-busy/40 bg-busy-tint',
  logged_out: 'text-bad border-bad/40 bg-bad-tint',
  failed: 'text-bad border-bad/40 bg-bad-tint',
  deleting: 'text-idle border-idle/40',
};

export function StateWord({ session: { state, health } }: { session: Pick<Session, 'state' | 'health'> }) {
  const { t } = useTranslation();
  const degraded = state === 'connected' && health?.status === 'degraded';
  return (
    <span
      data-state={state}
      className={`inline-flex items-center gap-1.5 rounded-full border px-2.5 py-0.5 text-sm font-medium whitespace-nowrap ${degraded ? colours.waiting : colours[state]}`}
    >
      <span aria-hidden className="size-2 rounded-full bg-current" />
      {degraded ? t('degraded') : t(`state.${state}`)}
    </span>
  );
}
