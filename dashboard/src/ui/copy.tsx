import { Check, Copy } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './button.tsx';

/** A text to be taken along, with the button that does it. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const line = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    // Without https, and not on this machine, browsers have no clipboard: the text is marked, to be copied by hand.
    if (!('clipboard' in navigator)) {
      line.current?.select();
      return;
    }
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <div className="flex flex-col gap-2 sm:flex-row">
      <input
        ref={line}
        readOnly
        aria-label={label}
        value={text}
        className="input font-mono"
        onFocus={(event) => event.target.select()}
      />
      <Button
        onClick={() => void copy()}
        icon={copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
      >
        {copied ? t('copied') : t('copy')}
      </Button>
    </div>
  );
}
