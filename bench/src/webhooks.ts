/** The receiver of webhooks: a process of its own, for what it takes is not the server's. */
import { once } from 'node:events';
import { join } from 'node:path';
import { startProgram } from './program.ts';
import type { Arrival, Claim } from './webhook-receiver/protocol.ts';

export type WebhookReceiver = AsyncDisposable & {
  readonly url: string;
  /** Resolves when so many more have come. */
  received(count: number): Promise<readonly Arrival[]>;
};

export async function startWebhookReceiver(cwd: string): Promise<WebhookReceiver> {
  const file = join(import.meta.dirname, 'webhook-receiver', 'main.ts');
  const program = startProgram({ file, cwd, ipc: true });
  try {
    const url = await program.printed(/^listening at (\S+)$/m);
    return {
      url,
      received: async (count) => {
        const told = once(program.process, 'message') as Promise<[readonly Arrival[]]>;
        program.process.send({ count } satisfies Claim);
        const [arrivals] = await Promise.race([told, program.failed]);
        return arrivals;
      },
      [Symbol.asyncDispose]: () => program.stop(),
    };
  } catch (error) {
    await program.stop();
    throw error;
  }
}
