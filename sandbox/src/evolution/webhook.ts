/** Calls the address that an instance was given: one event after another; one that fails is tried again beside the others. */
export type Webhook = {
  readonly url: string;
  readonly enabled: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly byEvents: boolean;
  readonly base64: boolean;
  readonly events: readonly string[];
};

export const EVENTS = [
  ...['APPLICATION_STARTUP', 'QRCODE_UPDATED', 'MESSAGES_SET', 'MESSAGES_UPSERT', 'MESSAGES_EDITED'],
  ...['MESSAGES_UPDATE', 'MESSAGES_DELETE', 'SEND_MESSAGE', 'SEND_MESSAGE_UPDATE', 'CONTACTS_SET', 'CONTACTS_UPSERT'],
  ...['CONTACTS_UPDATE', 'PRESENCE_UPDATE', 'CHATS_SET', 'CHATS_UPSERT', 'CHATS_UPDATE', 'CHATS_DELETE'],
  ...['GROUPS_UPSERT', 'GROUP_UPDATE', 'GROUP_PARTICIPANTS_UPDATE', 'CONNECTION_UPDATE', 'LABELS_EDIT'],
  ...['LABELS_ASSOCIATION', 'CALL', 'TYPEBOT_START', 'TYPEBOT_CHANGE_STATUS', 'REMOVE_INSTANCE', 'LOGOUT_INSTANCE'],
  ...['INSTANCE_CREATE', 'INSTANCE_DELETE', 'STATUS_INSTANCE'],
];

const FIRST_RETRY_MS = 500;
const TRIES = 10;
const PATIENCE_MS = 30_000;

export class WebhookCalls {
  #turn: Promise<unknown> = Promise.resolve();
  readonly #ended = new AbortController();

  /** Nothing here is kept: what could not be told when the thread ends is lost. */
  tell(webhook: Webhook | null, event: string, body: object): void {
    if (webhook === null || !webhook.enabled) return;
    // Of a change of a group it looks for a name that is in no list of its own, and tells nobody.
    const name = event.replaceAll(/[.-]/g, '_').toUpperCase();
    if (webhook.events.length > 0 && !webhook.events.includes(name)) return;
    const url = webhook.byEvents ? `${webhook.url}/${event.replaceAll('.', '-')}` : webhook.url;
    const text = JSON.stringify(body);
    const call = () => this.#call(url, webhook.headers, text);
    this.#turn = this.#turn.then(async () => {
      if (!(await call())) void this.#again(call, 1);
    });
  }

  end(): void {
    this.#ended.abort();
  }

  async #again(call: () => Promise<boolean>, tries: number): Promise<void> {
    if (tries >= TRIES || this.#ended.signal.aborted) return;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, FIRST_RETRY_MS * 2 ** (tries - 1)).unref();
    });
    if (!(await call())) await this.#again(call, tries + 1);
  }

  async #call(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<boolean> {
    if (this.#ended.signal.aborted) return true;
    try {
      const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(PATIENCE_MS)]);
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'axios/1.12.2', ...headers },
        body,
        signal,
      });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }
}
