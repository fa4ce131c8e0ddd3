/** Parts of one screen, one at a time. Arrow keys move between them. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';

type Tab<K extends string> = { key: K; label: string };
type Props<K extends string> = {
  tabs: readonly Tab<K>[];
  chosen: K;
  onChoose(key: NoInfer<K>): void;
  label: string;
  children: ReactNode;
};

export function Tabs<K extends string>({ tabs, chosen, onChoose, label, children }: Props<K>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  /** The sides at which there are more than are in sight. */
  const [more, setMore] = useState('');
  useEffect(() => {
    const bar = list.current;
    if (!bar) return;
    const look = (): void => {
      const { scrollLeft, clientWidth, scrollWidth } = bar;
      setMore(`${scrollLeft > 1 ? 'start' : ''} ${scrollLeft + clientWidth < scrollWidth - 1 ? 'end' : ''}`);
    };
    const size = new ResizeObserver(look);
    size.observe(bar);
    bar.addEventListener('scroll', look);
    return () => {
      size.disconnect();
      bar.removeEventListener('scroll', look);
    };
  }, []);
  useEffect(() => {
    // Where there are more than fit, the chosen one stands in the middle, between its neighbours; the page itself stays where it is.
    const tab = list.current?.querySelector<HTMLElement>(`[data-key="${chosen}"]`);
    if (list.current && tab)
      list.current.scrollLeft = tab.offsetLeft - (list.current.clientWidth - tab.offsetWidth) / 2;
  }, [chosen]);
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = tabs.findIndex(({ key }) => key === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    onChoose(next.key);
    list.current?.querySelector<HTMLElement>(`[data-key="${next.key}"]`)?.focus();
  };
  return (
    <div className="grid min-w-0 gap-4">
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        data-more={more}
        onKeyDown={move}
        className="fades relative flex gap-1 overflow-x-auto border-b border-line"
      >
        {tabs.map(({ key, label: word }) => (
          <button
            key={key}
            type="button"
            role="tab"
            data-key={key}
            id={`${id}-${key}`}
            aria-selected={key === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={key === chosen ? 0 : -1}
            onClick={() => onChoose(key)}
            className={`border-b-2 px-2 py-2 text-sm font-medium -outline-offset-2 whitespace-nowrap sm:px-3 ${key === chosen ? 'border-accent text-accent' : 'border-transparent text-faint hover:text-ink'}`}
          >
            {word}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`} className="min-w-0">
        {children}
      </div>
    </div>
  );
}
