import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';

type Common = { label: string; hint?: ReactNode; error?: string | null | undefined; unseen?: boolean };

function Labelled({ id, label, hint, error, unseen, children }: Common & { id: string; children: ReactNode }) {
  return (
    <div className="grid min-w-0 content-start gap-1">
      <label htmlFor={id} className={unseen ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      {children}
      {hint != null && (
        <p id={`${id}-hint`} className="note">
          {hint}
        </p>
      )}
      {error != null && error !== '' && (
        <p id={`${id}-error`} className="text-sm text-bad" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function described(id: string, { hint, error }: Common) {
  const ids = [hint != null && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return { id, 'aria-invalid': Boolean(error) || undefined, 'aria-describedby': ids || undefined };
}

export function Field({ label, hint, error, unseen, ...rest }: Common & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const common = { label, hint, error, ...(unseen && { unseen }) };
  return (
    <Labelled id={id} {...common}>
      <input {...rest} {...described(id, common)} className="input" />
    </Labelled>
  );
}

export function TextField({
  label,
  hint,
  error,
  unseen,
  ...rest
}: Common & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  const common = { label, hint, error, ...(unseen && { unseen }) };
  return (
    <Labelled id={id} {...common}>
      <textarea {...rest} {...described(id, common)} className="input" />
    </Labelled>
  );
}

export function Choice({
  label,
  hint,
  error,
  unseen,
  children,
  ...rest
}: Common & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  const common = { label, hint, error, ...(unseen && { unseen }) };
  return (
    <Labelled id={id} {...common}>
      <select {...rest} {...described(id, common)} className="input">
        {children}
      </select>
    </Labelled>
  );
}

export function Check({
  label,
  hint,
  ...rest
}: { label: ReactNode; hint?: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className="relative flex gap-3 max-sm:py-1">
      <input
        {...rest}
        id={id}
        type="checkbox"
        aria-describedby={hint == null ? undefined : `${id}-hint`}
        className="relative z-10 mt-0.5 size-5 shrink-0 accent-accent"
      />
      <div>
        {/* What is around it is as good as the box. */}
        <label htmlFor={id} className="text-sm font-medium before:absolute before:inset-x-0 before:-inset-y-1">
          {label}
        </label>
        {hint != null && (
          <p id={`${id}-hint`} className="note">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
