/**
 * One POST whose answer is short: the way of a webhook. Below the streams of the library, which would cost more than everything else: an
 * answer is a status, some headers and a few bytes of text.
 */
import type { Agent } from 'undici';
import { EgressFailure } from '../domain/egress-failure.ts';
import type { EgressPost, EgressPosted } from '../ports/egress.ts';
import type { Connections } from './connections.ts';
import { egressFailure } from './failures.ts';
import type { Guard } from './guard.ts';

/** What is left of a longer body is not worth the connection. */
const MOST_READ = 64 * 1024;

/**
 * Where a connection that was kept alive ends before a byte of the answer came, its host closed it as idle, most likely: the request is sent once
 * more over a new one. So it may arrive twice, as with every retry.
 */
export async function post(
  connections: Connections,
  guard: Guard,
  userAgent: string,
  wanted: EgressPost,
): Promise<EgressPosted> {
  const { url, headers, body, withinMs, keep, signal } = wanted;
  const to = guard.read(url);
  if (signal?.aborted) throw givenUp(signal);

  return new Promise((resolve, reject) => {
    let abort: ((reason: Error) => void) | null = null;
    let status = 0;
    let answered: EgressPosted['headers'] = {};
    let length = 0;
    const kept: Buffer[] = [];
    let failure: EgressFailure | null = null;

    const tidyUp = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    };
    /** The status is the answer, even where its body never ends. */
    const finish = (): void => {
      tidyUp();
      if (status >= 200) resolve({ status, headers: answered, body: textOf(kept) });
      else reject(failure ?? new EgressFailure('answer_invalid', 'The answer has no status.'));
    };
    const stop = (reason: EgressFailure): void => {
      failure ??= reason;
      abort?.(reason);
      finish();
    };
    const giveUp = (): void => {
      if (signal) stop(givenUp(signal));
    };
    const timer = setTimeout(() => {
      stop(new EgressFailure('timeout', `No answer came within ${withinMs / 1000} s.`));
    }, withinMs);
    signal?.addEventListener('abort', giveUp);

    const send = (agent: Agent): void => {
      let isReused = false;
      let isAnswered = false;
      agent.dispatch(
        {
          origin: to.origin,
          path: `${to.pathname}${to.search}`,
          method: 'POST',
          headers: { 'user-agent': userAgent, ...headers },
          body,
          // Ours counts for all of it together.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        {
          onRequestStart(controller) {
            if (failure) {
              controller.abort(failure);
              return;
            }
            abort = (reason) => controller.abort(reason);
            connections.onSending((is) => {
              isReused = is;
            });
          },
          onResponseStarted() {
            isAnswered = true;
          },
          onResponseStart(_controller, code, fields) {
            // 103 and its like come before the answer.
            if (code < 200) return;
            status = code;
            answered = fields;
          },
          onResponseData(controller, chunk) {
            if (length < keep) kept.push(chunk.subarray(0, keep - length));
            length += chunk.byteLength;
            if (length > MOST_READ) {
              finish();
              controller.abort(new EgressFailure('too_large', 'The answer is long, and not read on.'));
            }
          },
          onResponseEnd: finish,
          onResponseError(_controller, error) {
            const reason = egressFailure(error);
            const isCutOff = reason.code === 'connection_closed' || reason.code === 'connection_reset';
            if (isCutOff && isReused && !isAnswered && !failure) {
              send(connections.fresh);
              return;
            }
            failure ??= reason;
            finish();
          },
        },
      );
    };
    send(connections.agent);
  });
}

/** A character that was cut in two at the end is left out. */
function textOf(kept: readonly Uint8Array[]): string {
  return kept.length === 0 ? '' : new TextDecoder().decode(Buffer.concat(kept), { stream: true });
}

function givenUp({ reason }: AbortSignal): EgressFailure {
  return new EgressFailure('aborted', 'The call was given up.', { cause: reason });
}
