/** Where the documents are, what this server is, how the page looks, and the account of whoever looks. */
import { BookOpen, FileJson } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { usePerson } from '../../app/person.tsx';
import { Preferences } from '../../app/preferences.tsx';
import { useServerFacts } from '../../app/server-facts.ts';
import { Failed, Loading } from '../../ui/loading.tsx';
import { sayTime } from '../../words/say.ts';
import { Account } from './account.tsx';
import { Engines } from './engines.tsx';
import { Part } from './part.tsx';

export function AboutPage() {
  const { t } = useTranslation();
  const { user, role } = usePerson();
  return (
    <div className="grid min-w-0 gap-4">
      <h1>{t('nav.about')}</h1>
      <div className="grid min-w-0 items-start gap-4 lg:grid-cols-2">
        <div className="grid min-w-0 gap-4">
          <Part id="docs" title={t('about.docs')}>
            <p>{t('about.docsHint')}</p>
            <div className="flex flex-wrap gap-2">
              <a href="/docs" className="button button-primary">
                <BookOpen aria-hidden className="size-4" /> {t('nav.api')}
              </a>
              <a href="/openapi.json" className="button">
                <FileJson aria-hidden className="size-4" /> OpenAPI (JSON)
              </a>
            </div>
          </Part>
          <Part id="looks" title={t('about.looks')}>
            <Preferences />
            <p className="note">{t('about.looksHint')}</p>
          </Part>
          <Server />
        </div>
        <div className="grid min-w-0 gap-4">
          {user ? (
            <Account user={user} />
          ) : (
            <Part id="account" title={t('about.account')}>
              <p>{t('about.byKey', { role: t(`role.${role}`) })}</p>
            </Part>
          )}
          <Engines />
        </div>
      </div>
    </div>
  );
}

function Server() {
  const { t } = useTranslation();
  const { data, error, refetch } = useServerFacts();
  return (
    <Part id="server" title={t('overview.server')}>
      {error && <Failed error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <dl className="grid gap-x-4 gap-y-3 text-sm sm:grid-cols-2">
          <Fact word="Zapfleet" value={data.version} />
          <Fact word="Node.js" value={data.nodeVersion} />
          <Fact word={t('about.platform')} value={data.platform} />
          <Fact word={t('about.since')} value={sayTime(data.startedAt)} />
        </dl>
      )}
    </Part>
  );
}

function Fact({ word, value }: { word: string; value: string }) {
  return (
    <div>
      <dt className="note">{word}</dt>
      <dd>{value}</dd>
    </div>
  );
}
