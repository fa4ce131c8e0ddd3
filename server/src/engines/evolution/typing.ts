/** What others see a session do in a chat. Of what they do the server tells nothing unless it shows them something first. */
import { GatewayError } from '../../domain/gateway-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { PresenceCalls } from '../../ports/engine.ts';
import type { EvolutionApi } from './api.ts';
import { pause } from './pause.ts';

/** For how long one call shows it; a pause that is asked for before ends it. */
const SHOWN_MS = 20_000;
/** What is refused is refused by then; else the answer comes when it is over. */
const REFUSED_BY_MS = 1_000;

export type TypingParts = { online(): EvolutionApi; name: string; clock: Clock; signal: AbortSignal; log: Log };

export function typing({ online, name, clock, signal, log }: TypingParts): PresenceCalls {
  return {
    async type(chat, state) {
      if (state === 'paused') return online().showTyping(name, chat, state, 0);
      const shown = online().showTyping(name, chat, state, SHOWN_MS);
      shown.catch((error: unknown) => log.debug({ reason: String(error) }, 'What was shown in a chat ended early'));
      await Promise.race([shown, pause(clock, REFUSED_BY_MS, signal)]);
    },
    subscribe: cannot,
    show: cannot,
  };
}

const cannot = (): Promise<never> => Promise.reject(new GatewayError('not_supported_by_engine'));
