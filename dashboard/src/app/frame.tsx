/** What stands around every screen: where one can go, who one is, and whether the news still come. */
import {
  BookOpen,
  ChartLine,
  FlaskConical,
  LogOut,
  Menu,
  Settings as SettingsIcon,
  Smartphone,
  Trash2,
  TriangleAlert,
  UsersRound,
  Webhook as WebhookIcon,
  X,
} from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NavLink, useLocation } from 'react-router';
import { sayTime } from '../words/say.ts';
import { useHasSandbox } from './has-sandbox.ts';
import { useChannel } from './live.tsx';
import { useDoor, usePerson } from './person.tsx';
import { Preferences } from './preferences.tsx';
import { TenantChoice, TenantName } from './tenant-choice.tsx';

export function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const { may } = usePerson();
  const hasSandbox = useHasSandbox() === true;
  const [isOpen, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const [, , section] = pathname.split('/');
  const before = useRef(section);

  useEffect(() => setOpen(false), [pathname]);
  useEffect(() => {
    // Who goes to another screen hears and reads it from its beginning.
    if (before.current !== section) main.current?.focus();
    before.current = section;
  }, [section]);

  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-card focus:p-3">
        {t('skip')}
      </a>
      <header className="border-b border-line bg-card lg:border-r lg:border-b-0">
        <div className="lg:sticky lg:top-0 lg:flex lg:h-dvh lg:flex-col">
          <div className="flex items-center justify-between gap-3 px-4 py-3">
            <NavLink to="/app/overview" className="flex items-center gap-2.5 text-lg font-semibold">
              <img src="/icon.svg" alt="" width="28" height="28" /> Zapfleet
            </NavLink>
            <TenantName />
            <button
              type="button"
              className="button button-quiet px-2 lg:hidden"
              aria-expanded={isOpen}
              aria-controls="menu"
              aria-label={t('menu')}
              onClick={() => setOpen(!isOpen)}
            >
              {isOpen ? <X aria-hidden className="size-6" /> : <Menu aria-hidden className="size-6" />}
            </button>
          </div>
          <div
            id="menu"
            className={`${isOpen ? 'flex' : 'hidden'} grow flex-col gap-4 px-4 pt-2 pb-4 lg:px-3 lg:flex lg:overflow-y-auto`}
          >
            <div className="empty:hidden [&_label]:text-faint [&_select]:pl-2 [&_select]:text-sm">
              <TenantChoice />
            </div>
            <nav aria-label={t('pages')}>
              <ul className="grid gap-1">
                <Place
                  to="/app/overview"
                  icon={<ChartLine aria-hidden className="size-5 shrink-0" />}
                  word={t('nav.overview')}
                />
                <Place
                  to="/app/sessions"
                  icon={<Smartphone aria-hidden className="size-5 shrink-0" />}
                  word={t('nav.sessions')}
                />
                {hasSandbox && (
                  <Place
                    to="/app/sandbox"
                    icon={<FlaskConical aria-hidden className="size-5 shrink-0" />}
                    word={t('nav.sandbox')}
                  />
                )}
                {may('admin') && (
                  <>
                    <Place
                      to="/app/webhooks"
                      icon={<WebhookIcon aria-hidden className="size-5 shrink-0" />}
                      word={t('nav.webhooks')}
                    />
                    <Place
                      to="/app/accounts"
                      icon={<UsersRound aria-hidden className="size-5 shrink-0" />}
                      word={t('nav.accounts')}
                    />
                    <Place
                      to="/app/cleanup"
                      icon={<Trash2 aria-hidden className="size-5 shrink-0" />}
                      word={t('nav.cleanup')}
                    />
                  </>
                )}
                <Place
                  to="/app/settings"
                  icon={<SettingsIcon aria-hidden className="size-5 shrink-0" />}
                  word={t('nav.about')}
                />
                <li>
                  <a
                    href="/docs"
                    className="flex items-center gap-3 rounded-lg px-3 py-2.5 text-sm font-medium lg:py-2 text-faint hover:bg-raised hover:text-ink"
                  >
                    <BookOpen aria-hidden className="size-5 shrink-0" /> {t('nav.api')}
                  </a>
                </li>
              </ul>
            </nav>
            <div className="mt-auto grid gap-3">
              <Preferences />
              <Who />
            </div>
          </div>
        </div>
      </header>
      <div className="min-w-0">
        <LostNews />
        <main id="main" ref={main} tabIndex={-1} className="mx-auto max-w-6xl p-4 outline-none sm:p-6">
          {children}
        </main>
      </div>
    </div>
  );
}

function Place({ to, icon, word }: { to: string; icon: ReactNode; word: string }) {
  return (
    <li>
      <NavLink
        to={to}
        className={({ isActive }) =>
          `flex items-center gap-3 rounded-lg px-3 py-2.5 text-sm font-medium lg:py-2 ${isActive ? 'bg-tint text-accent' : 'text-faint hover:bg-raised hover:text-ink'}`
        }
      >
        {icon} {word}
      </NavLink>
    </li>
  );
}

function Who() {
  const { t } = useTranslation();
  const { leave } = useDoor();
  const { role, user } = usePerson();
  return (
    <div className="flex items-center justify-between gap-2 border-t border-line pt-3 text-sm">
      <div className="min-w-0 lg:px-1">
        <p className="truncate font-medium">{user === null ? t('byKey') : (user.name ?? user.email)}</p>
        <p className="note">{t(`role.${role}`)}</p>
      </div>
      <button
        type="button"
        className="button button-quiet px-2"
        onClick={() => void leave()}
        aria-label={t('signOut')}
        title={t('signOut')}
      >
        <LogOut aria-hidden className="size-5 shrink-0" />
      </button>
    </div>
  );
}

function LostNews() {
  const { t } = useTranslation();
  const channel = useChannel();
  return (
    <div role="status" className="sticky top-0 z-30">
      {channel.is === 'lost' && (
        <p className="flex items-center gap-3 border-b border-busy/40 bg-busy-tint px-4 py-2.5 text-sm font-medium text-busy sm:px-6">
          <TriangleAlert aria-hidden className="size-5 shrink-0" />
          {t('lost', { time: sayTime(channel.since, 'time') })}
        </p>
      )}
    </div>
  );
}
