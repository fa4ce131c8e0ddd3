import type { ErrorCode } from './shapes.ts';

/** `unreachable`: no answer came. `unexpected_answer`: it was none of Zapfleet's, for example a proxy's. */
export type ErrorWord = ErrorCode | 'unreachable' | 'unexpected_answer';

/** A call that was refused or got no answer. */
export class ZapfleetError extends Error {
  override readonly name = 'ZapfleetError';
  /** From the catalogue of errors; programs go by this. */
  readonly code: ErrorWord;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;
  /** What `Retry-After` says; null where it says nothing. */
  readonly retryAfterSeconds: number | null;

  constructor(
    code: ErrorWord,
    message: string,
    more: {
      status?: number;
      details?: Readonly<Record<string, unknown>>;
      retryAfterSeconds?: number | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.status = more.status ?? 0;
    this.details = more.details ?? {};
    this.retryAfterSeconds = more.retryAfterSeconds ?? null;
  }
}

/** What a refusal says; `body` is what was read of it. */
export function refusalOf(response: Response, body: unknown): ZapfleetError {
  const { status } = response;
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(after) ? after : null;
  const told = (body as { error?: { code?: unknown; message?: unknown; details?: unknown } } | null | undefined)?.error;
  if (typeof told?.code !== 'string')
    return new ZapfleetError('unexpected_answer', `The answer ${status} is none of Zapfleet’s.`, {
      status,
      retryAfterSeconds,
    });
  return new ZapfleetError(told.code as ErrorCode, typeof told.message === 'string' ? told.message : told.code, {
    status,
    details: (told.details ?? {}) as Record<string, unknown>,
    retryAfterSeconds,
  });
}
