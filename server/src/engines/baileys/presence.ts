/** What others see of this account, and what it is told of others: only of those who were asked for. */
import type { BinaryNode } from 'baileys';
import type { EnginePresence, PresenceCalls } from '../../ports/engine.ts';
import { bothOf, plainJid } from './envelope.ts';
import { completed } from './people.ts';
import type { RunContext } from './run-context.ts';

const MOST_SUBSCRIPTIONS = 10_000;

export class Presence implements PresenceCalls {
  readonly #context: RunContext;
  readonly #subscribed = new Set<string>();

  constructor(context: RunContext) {
    this.#context = context;
  }

  async type(chat: string, state: 'composing' | 'recording' | 'paused'): Promise<void> {
    const { socket, unlessEnded } = this.#context;
    await unlessEnded(socket().sendPresenceUpdate(state, chat));
  }

  async subscribe(jid: string): Promise<void> {
    const { socket, unlessEnded } = this.#context;
    for (const oldest of this.#subscribed) {
      if (this.#subscribed.size < MOST_SUBSCRIPTIONS) break;
      this.#subscribed.delete(oldest);
    }
    this.#subscribed.add(plainJid(jid));
    await unlessEnded(socket().presenceSubscribe(jid));
  }

  async show(available: boolean): Promise<void> {
    const connection = this.#context.socket();
    if (this.#context.name() === null)
      throw new Error('WhatsApp has not told the name of this account yet, and shows nobody without one');
    await this.#context.unlessEnded(connection.sendPresenceUpdate(available ? 'available' : 'unavailable'));
    // Receipts go on to say "delivered", whoever is shown as online.
    connection.ev.emit('connection.update', { isOnline: true });
  }

  /** A `presence` or `chatstate` stanza. */
  heard(stanza: BinaryNode): void {
    const { from, participant } = stanza.attrs;
    const state = stateOf(stanza);
    if (!from || !state || this.#subscribed.size === 0) return;
    const { reporter, keys } = this.#context;
    const place = plainJid(from);
    const isGroup = place.endsWith('@g.us');
    void reporter.tellWhenMade(async () => {
      const who = await completed(bothOf(participant ?? from, []), keys);
      if (
        !this.#isSubscribed(place, isGroup ? [] : [who.lid, who.phoneNumber && `${who.phoneNumber}@s.whatsapp.net`])
      ) {
        return null;
      }
      const chat: EnginePresence['chat'] = isGroup ? { kind: 'group', jid: place } : { kind: 'person', identity: who };
      return { type: 'presence', presence: { chat, by: who, state, lastSeenAt: lastSeenOf(stanza) } };
    });
  }

  #isSubscribed(place: string, otherNames: readonly (string | null)[]): boolean {
    return this.#subscribed.has(place) || otherNames.some((name) => name !== null && this.#subscribed.has(name));
  }
}

function stateOf({ tag, attrs, content }: BinaryNode): EnginePresence['state'] | null {
  if (tag === 'presence') return attrs.type === 'unavailable' ? 'unavailable' : 'available';
  const [said] = Array.isArray(content) ? content : [];
  if (said?.tag === 'composing') return said.attrs.media === 'audio' ? 'recording' : 'composing';
  return said?.tag === 'paused' ? 'paused' : null;
}

/** WhatsApp says `deny` where somebody does not show it. */
function lastSeenOf({ attrs: { last } }: BinaryNode): number | null {
  const seconds = Number(last);
  return last === undefined || !Number.isInteger(seconds) ? null : seconds * 1000;
}
