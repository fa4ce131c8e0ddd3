import type { ReactNode } from 'react';

/** One thing of a list: what it is, and what can be done with it. */
export function Row({ title, note, children }: { title: ReactNode; note: ReactNode; children?: ReactNode }) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3 first:pt-0 last:pb-0">
      <div className="min-w-0">
        <p className="font-medium">{title}</p>
        <p className="note">{note}</p>
      </div>
      {children != null && children !== false && (
        <div className="flex flex-wrap gap-2 max-sm:w-full max-sm:*:grow">{children}</div>
      )}
    </li>
  );
}
