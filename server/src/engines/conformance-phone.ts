/** A simulated phone by the sandbox's own controls. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Sandbox } from '@zapfleet/sandbox';

export type Shown = { id: string; from: string; to: string; text?: string; status: string; quotedId?: string };

const PATIENCE_MS = 15_000;

export class Phone {
  readonly phoneNumber: string;
  readonly lid: string;
  readonly name: string;
  readonly #network: Pick<Sandbox, 'controlUrl'>;

  static async create(network: Pick<Sandbox, 'controlUrl'>, name: string): Promise<Phone> {
    const { phoneNumber, lid } = (await call(network, 'POST', '/sandbox/phones', { name })) as Phone;
    return new Phone(network, phoneNumber, lid, name);
  }

  private constructor(network: Pick<Sandbox, 'controlUrl'>, phoneNumber: string, lid: string, name: string) {
    this.#network = network;
    this.phoneNumber = phoneNumber;
    this.lid = lid;
    this.name = name;
  }

  get jid(): string {
    return `${this.phoneNumber}@s.whatsapp.net`;
  }

  async scan(qr: string): Promise<void> {
    await this.#call('POST', '/scan', { qr });
  }

  async typeLinkCode(code: string): Promise<void> {
    await this.#call('POST', '/link-code', { code });
  }

  async unlinkAll(): Promise<void> {
    await this.#call('DELETE', '/devices/all');
  }

  async devices(): Promise<number> {
    return ((await this.#call('GET', '')) as { devices: unknown[] }).devices.length;
  }

  /** Answers the id of the message. */
  async write(to: Phone, text: string, more: object = {}): Promise<string> {
    return ((await this.#call('POST', '/messages', { to: to.phoneNumber, text, ...more })) as { id: string }).id;
  }

  /** What the screen shows; with `read` the person looks at it. */
  async screen(read = false): Promise<Shown[]> {
    return ((await this.#call('GET', `/messages?limit=1000&read=${read}`)) as { data: Shown[] }).data;
  }

  /** The message once it shows and `matches`. A screen has no events: it is looked at again and again. */
  async shows(matches: (message: Shown) => boolean): Promise<Shown> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const screen = await this.screen();
      const found = screen.find(matches);
      if (found) return found;
      if (Date.now() > giveUpAt) throw new Error(`the screen never showed it: ${JSON.stringify(screen)}`);
      await pause(5);
    }
  }

  async fault(kind: string, more: object = {}): Promise<void> {
    await call(this.#network, 'POST', '/sandbox/faults', { kind, phoneNumber: this.phoneNumber, ...more });
  }

  #call(method: string, path: string, body?: object): Promise<unknown> {
    return call(this.#network, method, `/sandbox/phones/${this.phoneNumber}${path}`, body);
  }
}

async function call(
  { controlUrl }: Pick<Sandbox, 'controlUrl'>,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(controlUrl + path, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}
