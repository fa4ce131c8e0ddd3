/** What a logout or a delete did, step by step. After a delete it is all that is left of the session. */
import type { Receipt as Told } from '@zapfleet/sdk';
import { CircleCheck, CircleDashed, CircleX, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { sayNumber } from '../../words/say.ts';

export type ReceiptOf = { verb: 'logout' | 'delete'; name: string; receipt: Told };

export function Receipt({ of: { verb, name, receipt }, onClose }: { of: ReceiptOf; onClose(): void }) {
  const { t } = useTranslation();
  const node = useRef<HTMLElement>(null);
  useEffect(() => node.current?.focus(), []);
  const isDeleted = verb === 'delete';
  const Title = isDeleted ? 'h1' : 'h2';
  const isOver = receipt.steps.every(({ outcome }) => outcome !== 'pending');
  return (
    <section ref={node} tabIndex={-1} aria-labelledby="receipt-title" className="card grid gap-3 border-accent">
      <div className="flex items-start justify-between gap-3">
        <Title id="receipt-title" role="status">
          {t(isOver ? `receipt.${verb}` : 'receipt.goesOn', { name })}
        </Title>
        {!isDeleted && (
          <button
            type="button"
            onClick={onClose}
            aria-label={t('close')}
            className="button button-quiet -mt-2 -mr-2 px-2"
          >
            <X aria-hidden className="size-5" />
          </button>
        )}
      </div>
      <p className={receipt.unlinked === 'unconfirmed' ? 'text-busy' : ''}>{t(`unlinked.${receipt.unlinked}`)}</p>
      <ReceiptSteps receipt={receipt} />
      {isDeleted && (
        <>
          <p className="note">{t('ending.delete.after')}</p>
          <Link to="/app/sessions" className="button justify-self-start">
            {t('session.back')}
          </Link>
        </>
      )}
    </section>
  );
}

export function ReceiptSteps({ receipt }: { receipt: Told }) {
  const { t, i18n } = useTranslation();
  return (
    <ul className="grid gap-1.5 text-sm">
      {receipt.steps.map(({ name, outcome, detail, ms }) => (
        <li key={name} className="flex items-start gap-2">
          {outcome === 'done' && <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />}
          {outcome === 'failed' && <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />}
          {(outcome === 'pending' || outcome === 'skipped') && (
            <CircleDashed aria-hidden className="mt-0.5 size-4 shrink-0 text-faint" />
          )}
          <span className="grid min-w-0 gap-x-2 sm:flex sm:flex-wrap">
            <span>{t(`step.${name}`)}</span>
            <span className="note">
              {t(`outcome.${outcome}`)}
              {outcome === 'done' && ` · ${sayNumber(ms)} ms`}
              {detail !== undefined && (outcome === 'failed' || i18n.language === 'en') && ` · ${detail}`}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
