/** A simulated phone by the sandbox's own controls. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Sandbox } from '@zapfleet/sandbox';

export type Shown = {
  id: string;
  from: string;
  to: string;
  text?: string;
  status: string;
  quotedId?: string;
  [detail: string]: unknown;
};
export type ShownGroup = { id: string; inviteCode: string };

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

  /** `to` is somebody, or the id of a group; `what` a text, or the body of another kind. Answers the id of the message. */
  async write(to: Phone | string, what: string | object, more: object = {}): Promise<string> {
    const body = typeof what === 'string' ? { text: what } : what;
    const where = typeof to === 'string' ? to : to.phoneNumber;
    return ((await this.#call('POST', '/messages', { to: where, ...body, ...more })) as { id: string }).id;
  }

  /** A group of this phone and others. */
  async foundGroup(subject: string, others: readonly Phone[], more: object = {}): Promise<ShownGroup> {
    const members = [this, ...others].map(({ phoneNumber }) => phoneNumber);
    return (await call(this.#network, 'POST', '/sandbox/groups', { subject, members, ...more })) as ShownGroup;
  }

  /** What this phone does with the people of a group: `add`, `remove`, `promote`, `demote`, `leave`, `join`. */
  async changeGroup({ id }: ShownGroup, action: string, people: readonly Phone[]): Promise<void> {
    const phones = people.map(({ phoneNumber }) => phoneNumber);
    const path = `/sandbox/groups/${encodeURIComponent(id)}/members`;
    await call(this.#network, 'POST', path, { action, phones, by: this.phoneNumber });
  }

  async setGroup({ id }: ShownGroup, changes: object): Promise<void> {
    const path = `/sandbox/groups/${encodeURIComponent(id)}`;
    await call(this.#network, 'PATCH', path, { ...changes, by: this.phoneNumber });
  }

  async call(to: Phone | ShownGroup, video = false): Promise<string> {
    const whom = to instanceof Phone ? to.phoneNumber : to.id;
    return ((await this.#call('POST', '/calls', { to: whom, video })) as { id: string }).id;
  }

  async endCall(id: string, reason: 'hangup' | 'timeout'): Promise<void> {
    await this.#call('POST', `/calls/${encodeURIComponent(id)}/end`, { reason });
  }

  /** The message of this id, once the screen shows it and `matches`. */
  showsId(waId: string, matches: (message: Shown) => boolean = () => true): Promise<Shown> {
    return this.shows((message) => message.id === waId && matches(message));
  }

  /** What the screen shows; with `read` the person looks at it. */
  async screen(read = false): Promise<Shown[]> {
    return ((await this.#call('GET', `/messages?limit=1000&read=${read}`)) as { data: Shown[] }).data;
  }

  /** Looks at the screen and plays what can be played. */
  async listens(): Promise<void> {
    await this.#call('GET', '/messages?limit=1000&played=true');
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

  /** `available`, `unavailable`; or `composing`, `recording`, `paused` towards somebody or in a group. */
  async be(state: string, towards?: Phone | ShownGroup): Promise<void> {
    const whom = towards instanceof Phone ? towards.phoneNumber : towards?.id;
    await this.#call('POST', '/presence', { state, ...(whom === undefined ? {} : { to: whom }) });
  }

  /** What this phone notices of others. */
  async notices(other: Phone): Promise<{ online: boolean; typing: readonly { state: string }[] } | undefined> {
    type Person = { phoneNumber: string; online: boolean; typing: { state: string }[] };
    const { data } = (await this.#call('GET', '/presences')) as { data: Person[] };
    return data.find(({ phoneNumber }) => phoneNumber === other.phoneNumber);
  }

  /** A newsletter that these follow; answers its id. */
  async foundNewsletter(name: string, followers: readonly Phone[]): Promise<string> {
    const phones = followers.map(({ phoneNumber }) => phoneNumber);
    return ((await call(this.#network, 'POST', '/sandbox/newsletters', { name, followers: phones })) as ShownGroup).id;
  }

  async publish(newsletter: string, text: string): Promise<void> {
    await call(this.#network, 'POST', `/sandbox/newsletters/${encodeURIComponent(newsletter)}/messages`, { text });
  }

  /** So many messages at once. */
  async writeMany(to: Phone, count: number): Promise<void> {
    const messages = [{ from: this.phoneNumber, to: to.phoneNumber, text: 'one of many', count }];
    await call(this.#network, 'POST', '/sandbox/messages', { messages });
  }

  /** What WhatsApp holds this account back from; null: nothing any more. */
  async restrict(how: object | null): Promise<void> {
    await this.#call(how ? 'POST' : 'DELETE', '/restriction', how ?? undefined);
  }

  /** Takes back all faults of this network. */
  async calmDown(): Promise<void> {
    await call(this.#network, 'DELETE', '/sandbox/faults');
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
