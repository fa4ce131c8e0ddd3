/** The hosts that WhatsApp names for files, and the pass to upload to them. Asked for when somebody needs them, and again when they are out of date. */
import type { BinaryNode } from 'baileys';
import { S_WHATSAPP_NET } from '../library.ts';
import { withinLimit } from '../../within-limit.ts';

const ANSWER_LIMIT_MS = 20_000;

export type MediaConnection = { auth: string; hosts: readonly string[]; freshUntil: number };

/** Baileys answers undefined where its own limit passed. */
type Query = (question: BinaryNode, limitMs: number) => Promise<unknown>;

export class MediaHosts {
  readonly #query: Query;
  #asked: Promise<MediaConnection> | null = null;

  constructor(query: Query) {
    this.#query = query;
  }

  /** `renew`: what was told before did not do. */
  async get(renew = false): Promise<MediaConnection> {
    const known = renew ? null : await this.#asked?.catch(() => null);
    if (known && known.freshUntil > Date.now()) return known;
    this.#asked = this.#ask();
    return this.#asked;
  }

  async #ask(): Promise<MediaConnection> {
    const attrs = { to: S_WHATSAPP_NET, type: 'set', xmlns: 'w:m' };
    const question: BinaryNode = { tag: 'iq', attrs, content: [{ tag: 'media_conn', attrs: {} }] };
    const answer = (await withinLimit(this.#query(question, ANSWER_LIMIT_MS), ANSWER_LIMIT_MS)) as
      | BinaryNode
      | undefined;
    const told = childrenOf(answer).find(({ tag }) => tag === 'media_conn');
    const hosts = childrenOf(told).flatMap(({ tag, attrs: { hostname } }) =>
      tag === 'host' && hostname ? [hostname] : [],
    );
    if (!told || hosts.length === 0) throw new Error('WhatsApp named no host for files');
    return { auth: told.attrs.auth ?? '', hosts, freshUntil: Date.now() + Number(told.attrs.ttl ?? 0) * 1000 };
  }
}

function childrenOf(node: BinaryNode | undefined): BinaryNode[] {
  return Array.isArray(node?.content) ? node.content : [];
}
