import { makeId } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { beginTeardown, nextStep, receiptOf, recordStep, type StepResult, type Teardown } from './teardown.ts';
import { defaultTenantId } from './tenant.ts';

const session = { id: makeId('ses', 1, new Uint8Array(10)), tenantId: defaultTenantId, name: 'shop' };
const begin = (kind: 'logout' | 'delete') => beginTeardown(kind, session, 1_000);
const done: StepResult = { outcome: 'done' };

/** Carries a teardown to its end; `result` answers for each step. */
function finish(
  teardown: Teardown,
  result: (name: string, tries: number) => StepResult,
): { end: Teardown; names: string[] } {
  const names: string[] = [];
  let now = teardown;
  for (let step = nextStep(now); step; step = nextStep(now)) {
    const { name } = step;
    names.push(name);
    now = recordStep(now, name, result(name, names.filter((other) => other === name).length), 10, 2_000);
  }
  return { end: now, names };
}

describe('a teardown', () => {
  it('does the steps of its kind in order', () => {
    expect(finish(begin('logout'), () => done).names).toEqual(['logout', 'close_engine', 'wipe_credentials']);
    expect(finish(begin('delete'), () => done).names).toEqual([
      'logout',
      'close_engine',
      'wipe_credentials',
      'remove_remote',
      'verify_remote',
      'remove_files',
      'remove_rows',
    ]);
  });

  it('goes on over a device that could not be unlinked and an engine that hangs, and says so', () => {
    const { end } = finish(begin('delete'), (name) =>
      name === 'logout' || name === 'close_engine' ? { outcome: 'failed', detail: 'no answer' } : done,
    );
    expect(end.finishedAt).toBe(2_000);
    expect(receiptOf(end)).toMatchObject({
      unlinked: 'unconfirmed',
      steps: [
        { name: 'logout', outcome: 'failed', detail: 'no answer' },
        { name: 'close_engine', outcome: 'failed' },
        { name: 'wipe_credentials', outcome: 'done' },
        {},
        {},
        {},
        { name: 'remove_rows', outcome: 'done' },
      ],
    });
  });

  it('tries what is ours until it works, with growing pauses, and counts the time of all tries', () => {
    const { end, names } = finish(begin('logout'), (name, tries) =>
      name === 'wipe_credentials' && tries < 12 ? { outcome: 'failed', detail: 'disk full' } : done,
    );
    expect(names.filter((name) => name === 'wipe_credentials')).toHaveLength(12);
    expect(end.steps.at(-1)).toMatchObject({ outcome: 'done', ms: 120, detail: null });
    const failed = recordStep(begin('logout'), 'wipe_credentials', { outcome: 'failed', detail: 'x' }, 1, 1);
    const loggedOut = recordStep(recordStep(failed, 'logout', done, 1, 1), 'close_engine', done, 1, 1);
    expect(nextStep(loggedOut)).toMatchObject({ name: 'wipe_credentials', pauseMs: 500 });
  });

  it('gives a remote server up after five tries', () => {
    const { names } = finish(begin('delete'), (name) =>
      name === 'remove_remote' ? { outcome: 'failed', detail: '503' } : done,
    );
    expect(names.filter((name) => name === 'remove_remote')).toHaveLength(5);
  });

  it('is unconfirmed until WhatsApp confirmed it', () => {
    expect(receiptOf(begin('delete')).unlinked).toBe('unconfirmed');
    const confirmed = recordStep(begin('delete'), 'logout', { outcome: 'done', unlinked: 'confirmed' }, 1, 1);
    expect(receiptOf(confirmed).unlinked).toBe('confirmed');
  });
});
