import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { Login } from './features/door/login.tsx';
import { Loading } from './ui/loading.tsx';
import { Frame } from './app/frame.tsx';
import { LiveProvider } from './app/live.tsx';
import { useDoor } from './app/person.tsx';

const OneTimePage = lazy(async () => ({ default: (await import('./features/door/one-time-page.tsx')).OneTimePage }));
const AboutPage = lazy(async () => ({ default: (await import('./features/about/about-page.tsx')).AboutPage }));
const AccountsPage = lazy(async () => ({
  default: (await import('./features/accounts/accounts-page.tsx')).AccountsPage,
}));
const CleanupPage = lazy(async () => ({ default: (await import('./features/cleanup/cleanup-page.tsx')).CleanupPage }));
const OverviewPage = lazy(async () => ({
  default: (await import('./features/overview/overview-page.tsx')).OverviewPage,
}));
const WebhooksPage = lazy(async () => ({
  default: (await import('./features/webhooks/webhooks-page.tsx')).WebhooksPage,
}));
const PairingPage = lazy(async () => ({ default: (await import('./features/pairing/pairing-page.tsx')).PairingPage }));
const SessionsPage = lazy(async () => ({
  default: (await import('./features/sessions/sessions-page.tsx')).SessionsPage,
}));
const NewSession = lazy(async () => ({ default: (await import('./features/sessions/new-session.tsx')).NewSession }));
const Chats = lazy(async () => ({ default: (await import('./features/chats/chats.tsx')).Chats }));
const SandboxPage = lazy(async () => ({ default: (await import('./features/sandbox/sandbox-page.tsx')).SandboxPage }));
const SessionWebhooks = lazy(async () => ({
  default: (await import('./features/webhooks/session-webhooks.tsx')).SessionWebhooks,
}));
const SessionPage = lazy(async () => ({ default: (await import('./features/session/session-page.tsx')).SessionPage }));

export function App() {
  return (
    <Suspense fallback={<Loading />}>
      <Routes>
        <Route path="/setup" element={<OneTimePage asks="setup" />} />
        <Route path="/invitation.html" element={<OneTimePage asks="invitation" />} />
        <Route path="/pair.html" element={<PairingPage />} />
        <Route path="/app/*" element={<Inside />} />
        <Route path="*" element={<Navigate to="/app/overview" replace />} />
      </Routes>
    </Suspense>
  );
}

/** Everything that needs somebody to be in. */
function Inside() {
  const { standing } = useDoor();
  if (standing.is === 'asking') return <Loading />;
  if (standing.is === 'out') return <Login ended={standing.ended} />;
  return (
    <LiveProvider>
      <Frame>
        <Suspense fallback={<Loading />}>
          <Routes>
            <Route path="sessions" element={<SessionsPage />} />
            <Route path="sessions/new" element={<NewSession />} />
            <Route
              path="sessions/:id/:tab?"
              element={
                <SessionPage
                  chats={(session) => <Chats session={session} />}
                  webhooks={(session) => <SessionWebhooks session={session} />}
                />
              }
            />
            <Route path="overview" element={<OverviewPage />} />
            <Route path="webhooks" element={<WebhooksPage />} />
            <Route path="cleanup" element={<CleanupPage />} />
            <Route path="accounts" element={<AccountsPage />} />
            <Route path="settings" element={<AboutPage />} />
            <Route path="sandbox" element={<SandboxPage />} />
            <Route path="*" element={<Navigate to="/app/overview" replace />} />
          </Routes>
        </Suspense>
      </Frame>
    </LiveProvider>
  );
}
