import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { ZapfleetError } from '@zapfleet/sdk';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app.tsx';
import { PersonProvider } from './app/person.tsx';
import { applyTheme } from './app/theme.ts';
import './style.css';
import { NoticesProvider } from './ui/notices.tsx';
import { startWords } from './words/index.ts';

applyTheme();
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The stream of events says what is no longer true.
      staleTime: 30_000,
      retry: (count, error) =>
        count < 3 && error instanceof ZapfleetError && (error.status === 0 || error.status >= 500),
    },
  },
});
await startWords();
const root = document.getElementById('root');
if (!root) throw new Error('The page has no root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <BrowserRouter>
        <NoticesProvider>
          <PersonProvider>
            <App />
          </PersonProvider>
        </NoticesProvider>
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
