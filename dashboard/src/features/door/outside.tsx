import type { ReactNode } from 'react';
import { Preferences } from '../../app/preferences.tsx';

/** What stands around the pages of those who are not in. */
export function Outside({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="mx-auto grid min-h-dvh max-w-md content-center gap-5 p-4">
      <p className="flex items-center justify-center gap-2.5 text-xl font-semibold">
        <img src="/icon.svg" alt="" width="34" height="34" /> Zapfleet
      </p>
      <section className="card grid gap-4 sm:p-6" aria-labelledby="title">
        <h1 id="title">{title}</h1>
        {children}
      </section>
      <Preferences />
    </main>
  );
}
