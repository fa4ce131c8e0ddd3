import { Search } from 'lucide-react';
import { Field } from './field.tsx';

/** Narrows a list while one types. Its sign stands at the edge of the nearest `relative` box. */
export function SearchField({ label, value, onText }: { label: string; value: string; onText(text: string): void }) {
  return (
    <>
      <Field
        type="search"
        label={label}
        unseen
        placeholder={label}
        value={value}
        onChange={({ target }) => onText(target.value)}
      />
      {/* Where something is written the browser has its own sign there, to clear it. */}
      {value === '' && <Search aria-hidden className="pointer-events-none absolute top-3 right-3 size-4 text-faint" />}
    </>
  );
}
