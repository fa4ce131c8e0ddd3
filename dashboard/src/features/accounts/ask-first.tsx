import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';

/** A button for what should not happen by a slip: it asks first. */
export function AskFirst({ word, question, onYes }: { word: string; question: string; onYes(): void }) {
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button look="danger" onClick={() => setAsks(true)}>
        {word}
      </Button>
      {asks && <Question word={word} question={question} onYes={onYes} onClose={() => setAsks(false)} />}
    </>
  );
}

type QuestionProps = { word: string; question: string; onYes(): void; onClose(): void; look?: 'primary' | 'destroy' };

/** Open while it is rendered. */
export function Question({ word, question, onYes, onClose, look = 'destroy' }: QuestionProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={question} onClose={onClose}>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button
          look={look}
          onClick={() => {
            onClose();
            onYes();
          }}
        >
          {word}
        </Button>
      </div>
    </Dialog>
  );
}
