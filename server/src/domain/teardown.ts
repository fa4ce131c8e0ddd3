/**
 * Logout and delete as a saga of named steps: what comes next, what each may cost, and the receipt. Pure; its progress is stored after every
 * step, so that a crash repeats at most one, and each is idempotent. Times are ms since the epoch.
 */
import type { Receipt, SessionId, StepOutcome, TeardownStepName, TenantId, Unlinked } from '@zapfleet/contract';

export type TeardownKind = 'logout' | 'delete';

export type TeardownStep = {
  name: TeardownStepName;
  outcome: StepOutcome;
  detail: string | null;
  ms: number;
  tries: number;
};

/** One per session: a newer one replaces the one before. Kept for 7 days after its end, also when the session is gone. */
export type Teardown = {
  sessionId: SessionId;
  tenantId: TenantId;
  name: string;
  kind: TeardownKind;
  /** Null until the step `logout` has ended. */
  unlinked: Unlinked | null;
  steps: TeardownStep[];
  startedAt: number;
  finishedAt: number | null;
};

type Plan = {
  /** How long one try may take. */
  limitMs: number;
  /** How many tries before it is given up; none: never, because what it does is ours alone and can only fail for a while. */
  tries: number | null;
};

const plans: Record<TeardownStepName, Plan> = {
  // At most 10 s to connect a stopped session, and the time that WhatsApp takes to answer.
  logout: { limitMs: 15_000, tries: 1 },
  close_engine: { limitMs: 6_000, tries: 1 },
  wipe_credentials: { limitMs: 30_000, tries: null },
  remove_remote: { limitMs: 15_000, tries: 5 },
  verify_remote: { limitMs: 15_000, tries: 5 },
  remove_files: { limitMs: 300_000, tries: null },
  remove_rows: { limitMs: 300_000, tries: null },
};

const stepsOf: Record<TeardownKind, readonly TeardownStepName[]> = {
  logout: ['logout', 'close_engine', 'wipe_credentials'],
  delete: [
    'logout',
    'close_engine',
    'wipe_credentials',
    'remove_remote',
    'verify_remote',
    'remove_files',
    'remove_rows',
  ],
};

export function beginTeardown(
  kind: TeardownKind,
  session: { id: SessionId; tenantId: TenantId; name: string },
  now: number,
): Teardown {
  const { id: sessionId, tenantId, name } = session;
  return {
    sessionId,
    tenantId,
    name,
    kind,
    unlinked: null,
    steps: stepsOf[kind].map((step) => ({ name: step, outcome: 'pending', detail: null, ms: 0, tries: 0 })),
    startedAt: now,
    finishedAt: null,
  };
}

/** The step to do now, with its limit and the pause before it; null when all have ended. */
export function nextStep(teardown: Teardown): { name: TeardownStepName; limitMs: number; pauseMs: number } | null {
  const step = teardown.steps.find(({ outcome }) => outcome === 'pending');
  if (!step) return null;
  const pauseMs = step.tries === 0 ? 0 : Math.min(30_000, 500 * 2 ** (step.tries - 1));
  return { name: step.name, limitMs: plans[step.name].limitMs, pauseMs };
}

export type StepResult =
  | { outcome: 'done' | 'skipped'; detail?: string; unlinked?: Unlinked }
  /** It failed or took too long: tried again while its plan allows it. */
  | { outcome: 'failed'; detail: string };

export function recordStep(
  teardown: Teardown,
  name: TeardownStepName,
  result: StepResult,
  ms: number,
  now: number,
): Teardown {
  const steps = teardown.steps.map((step): TeardownStep => {
    if (step.name !== name) return step;
    const tries = step.tries + 1;
    const { tries: most } = plans[name];
    const again = result.outcome === 'failed' && (most === null || tries < most);
    return {
      name,
      outcome: again ? 'pending' : result.outcome,
      detail: result.detail ?? null,
      ms: step.ms + Math.round(ms),
      tries,
    };
  });
  const unlinked = name === 'logout' ? unlinkedAfter(result) : teardown.unlinked;
  const finished = steps.every(({ outcome }) => outcome !== 'pending');
  return { ...teardown, steps, unlinked, finishedAt: finished ? now : null };
}

function unlinkedAfter(result: StepResult): Unlinked {
  return result.outcome === 'failed' ? 'unconfirmed' : (result.unlinked ?? 'unconfirmed');
}

/** As the outside sees it. What is not known yet is not confirmed. */
export function receiptOf({ sessionId, unlinked, steps }: Teardown): Receipt {
  return {
    sessionId,
    unlinked: unlinked ?? 'unconfirmed',
    steps: steps.map(({ name, outcome, detail, ms }) => ({ name, outcome, ...(detail !== null && { detail }), ms })),
  };
}
