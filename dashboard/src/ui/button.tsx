import { LoaderCircle } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode } from 'react';

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  /** `danger` leads to something that cannot be undone, `destroy` does it. */
  look?: 'plain' | 'primary' | 'danger' | 'destroy' | 'quiet';
  /** Something of it is under way: it cannot be pressed, and shows so. */
  busy?: boolean;
  icon?: ReactNode;
};

const looks = {
  plain: '',
  primary: 'button-primary',
  danger: 'button-danger',
  destroy: 'button-destroy',
  quiet: 'button-quiet',
} as const;

export function Button({
  look = 'plain',
  busy = false,
  icon,
  children,
  className = '',
  disabled,
  type = 'button',
  ...rest
}: Props) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={`button ${looks[look]} ${className}`}
    >
      {busy ? <LoaderCircle aria-hidden className="spin size-4 shrink-0" /> : icon}
      {children}
    </button>
  );
}
