import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';

/** A button for what cannot be undone: it asks first. */
export function AskFirst({ word, question, onYes }: { word: string; question: string; onYes(): void }) {
  const { t } = useTranslation();
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button look="danger" onClick={() => setAsks(true)}>
        {word}
      </Button>
      {asks && (
        <Dialog title={question} onClose={() => setAsks(false)}>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsks(false)}>{t('cancel')}</Button>
            <Button
              look="destroy"
              onClick={() => {
                setAsks(false);
                onYes();
              }}
            >
              {word}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
