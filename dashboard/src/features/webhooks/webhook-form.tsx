/** Makes a webhook, or changes one. */
import { useQueryClient } from '@tanstack/react-query';
import type { Webhook } from '@zapfleet/sdk';
import { useTranslation } from 'react-i18next';
import { useTenantQuery } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { useSessions } from '../../app/sessions.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Check, Choice, Field, TextField } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { useAct } from '../../ui/use-act.ts';
import { webhooksKey } from './webhooks-key.ts';

type Props = {
  /** null: a new one. */
  webhook: Webhook | null;
  /** A new one is bound to this session; without it one is chosen, or none. */
  session?: { id: string; name: string };
  onClose(): void;
  /** With the secret of a new one, which is shown this once. */
  onDone(secret: string | null): void;
};

export function WebhookForm({ webhook, session, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const tenant = useTenantQuery();
  const [busy, act] = useAct();
  const save = ({ text, isChecked }: Filled): void =>
    void act(async () => {
      const settings = {
        url: text('url'),
        events: text('events')
          .split(/[\s,]+/)
          .filter(Boolean),
        strictOrder: isChecked('strictOrder'),
      };
      const headers = headersIn(text('headers'));
      const given = Object.keys(headers).length > 0 && { headers };
      let secret: string | null = null;
      if (webhook) {
        const change = isChecked('noHeaders') ? { headers: null } : given;
        await server.patchWebhook({ path: { id: webhook.id }, body: { ...settings, ...change } });
      } else {
        const sessionId = session?.id ?? text('sessionId');
        const place = sessionId === '' ? tenant : { sessionId };
        ({ secret } = await server.createWebhook({ body: { ...settings, ...given, ...place } }));
      }
      await queries.invalidateQueries({ queryKey: webhooksKey });
      onDone(secret);
    });
  const names = Object.keys(webhook?.headers ?? {});
  return (
    <Dialog title={webhook ? t('webhooks.edit') : t('webhooks.add')} onClose={onClose}>
      <Form onSubmit={save}>
        <Field
          label={t('webhooks.url')}
          name="url"
          type="url"
          required
          maxLength={2048}
          autoComplete="off"
          placeholder="https://example.com/whatsapp"
          defaultValue={webhook?.url}
        />
        <Field
          label={t('webhooks.events')}
          name="events"
          required
          defaultValue={webhook?.events.join(', ') ?? 'message.*'}
          hint={t('webhooks.eventsHint')}
          autoComplete="off"
        />
        {session && <p className="text-sm">{t('webhooks.ofSession', { name: session.name })}</p>}
        {!session && !webhook && <SessionChoice />}
        {webhook?.sessionId === null && <p className="text-sm">{t('webhooks.shared')}</p>}
        <TextField
          label={t('webhooks.headers')}
          name="headers"
          rows={2}
          spellCheck={false}
          placeholder="Authorization: Bearer …"
          hint={names.length > 0 ? t('webhooks.headersKept', { names: names.join(', ') }) : t('webhooks.headersHint')}
        />
        {names.length > 0 && <Check name="noHeaders" label={t('webhooks.noHeaders')} />}
        <Check
          name="strictOrder"
          label={t('webhooks.strictOrder')}
          hint={t('webhooks.strictOrderHint')}
          defaultChecked={webhook?.strictOrder}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {webhook ? t('save') : t('webhooks.create')}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function SessionChoice() {
  const { t } = useTranslation();
  const { data: sessions = [] } = useSessions();
  return (
    <Choice label={t('webhooks.session')} name="sessionId">
      <option value="">{t('webhooks.allSessions')}</option>
      {sessions.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Choice>
  );
}

/** One `Name: value` in each line. The server says which of them may not be. */
function headersIn(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name.trim(), value.join(':').trim()];
    }),
  );
}
