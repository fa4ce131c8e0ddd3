/** The browser's own dialog: it keeps the focus inside, closes by Escape and gives the focus back. */
import { X } from 'lucide-react';
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

type Props = { title: string; onClose(): void; children: ReactNode; wide?: boolean };

/** Open while it is rendered. */
export function Dialog({ title, onClose, children, wide = false }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const node = useRef<HTMLDialogElement>(null);
  // Not a moment later: one that is out of the page already gives no focus back.
  useLayoutEffect(() => {
    const dialog = node.current;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // The browser would choose the button that closes it.
      dialog.querySelector<HTMLElement>('form :is(input, select, textarea)')?.focus();
    }
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={node}
      aria-labelledby={id}
      className={wide ? 'sm:w-[min(52rem,calc(100vw-2rem))]' : ''}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="mb-3 flex items-start justify-between gap-3">
        <h2 id={id} className="text-lg">
          {title}
        </h2>
        <button
          type="button"
          className="button button-quiet -mt-1.5 -mr-2 px-2"
          onClick={onClose}
          aria-label={t('close')}
        >
          <X aria-hidden className="size-5" />
        </button>
      </div>
      {children}
    </dialog>
  );
}
