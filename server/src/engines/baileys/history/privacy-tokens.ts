/** Tokens by which a chat proves that it is no new one: without them WhatsApp may refuse messages to people this account wrote with for years. */
import { bothOf } from '../envelope.ts';
import { buildMergedTcTokenIndexWrite, type proto } from '../library.ts';
import { completed } from '../people.ts';
import type { RunContext } from '../run-context.ts';

type Token = { token: Buffer; timestamp: string; senderTimestamp?: number };

export class PrivacyTokens {
  readonly #context: RunContext;
  readonly #tokens = new Map<string, Token>();

  constructor(context: RunContext) {
    this.#context = context;
  }

  add({ id, pnJid, lidJid, tcToken, tcTokenTimestamp, tcTokenSenderTimestamp }: proto.IConversation): void {
    const timestamp = Number(tcTokenTimestamp ?? 0);
    const name = lidJid ?? id ?? pnJid;
    if (!tcToken?.length || timestamp === 0 || !name) return;
    this.#tokens.set(name, {
      token: Buffer.from(tcToken),
      timestamp: String(timestamp),
      ...(tcTokenSenderTimestamp ? { senderTimestamp: Number(tcTokenSenderTimestamp) } : {}),
    });
  }

  /** Keeps the newer where there is one already. */
  async store(): Promise<void> {
    if (this.#tokens.size === 0) return;
    const library = this.#context.keys.forLibrary();
    const byLid = new Map<string, Token>();
    for (const [name, token] of this.#tokens) {
      const { lid } = await completed(bothOf(name, []), this.#context.keys);
      byLid.set(lid ?? name, token);
    }
    const known = await library.get('tctoken', [...byLid.keys()]);
    const newer = [...byLid].filter(([name, { timestamp }]) => Number(known[name]?.timestamp ?? 0) < Number(timestamp));
    if (newer.length === 0) return;
    const index = await buildMergedTcTokenIndexWrite(
      library,
      newer.map(([name]) => name),
    );
    const merged = newer.map(([name, token]) => [name, { ...known[name], ...token }] as const);
    await library.set({ tctoken: { ...Object.fromEntries(merged), ...index } });
  }
}
