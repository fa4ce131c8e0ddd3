import type { ReactNode } from 'react';

/** What was filled in, by the names of the fields. */
export type Filled = {
  /** As it was written; '' where there is no such field. */
  raw(name: string): string;
  /** Without space around it. */
  text(name: string): string;
  /** null where it is empty. */
  number(name: string): number | null;
  isChecked(name: string): boolean;
};

type Props = { onSubmit(filled: Filled): unknown; children: ReactNode; className?: string; label?: string };

export function Form({ onSubmit, children, className = 'grid gap-4', label }: Props) {
  return (
    <form
      className={`${className} max-sm:[&_[type=submit]]:w-full`}
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(filledIn(new FormData(event.currentTarget)));
      }}
    >
      {children}
    </form>
  );
}

function filledIn(form: FormData): Filled {
  const raw = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value : '';
  };
  const text = (name: string): string => raw(name).trim();
  return {
    raw,
    text,
    number: (name) => (text(name) === '' ? null : Number(text(name))),
    isChecked: (name) => form.has(name),
  };
}
