import { describe, expect, it } from 'vitest';
import { createOpenGate } from './open-gate.ts';

const forever = new AbortController().signal;

describe('the budget of openings', () => {
  it('admits as many as there is room for, the others in the order they came', async () => {
    const gate = createOpenGate(2);
    const order: number[] = [];
    const first = await gate.enter(forever);
    await gate.enter(forever);
    const third = gate.enter(forever).then(() => order.push(3));
    const fourth = gate.enter(forever).then((leave) => {
      order.push(4);
      return leave;
    });
    expect(order).toEqual([]);
    first();
    first(); // leaving twice makes no second place
    await third;
    expect(order).toEqual([3]);
    void fourth;
  });

  it('lets one that gave up go, without losing a place', async () => {
    const gate = createOpenGate(1);
    const leave = await gate.enter(forever);
    const abort = new AbortController();
    const given = gate.enter(abort.signal);
    const patient = gate.enter(forever);
    abort.abort(new Error('no longer wanted'));
    await expect(given).rejects.toThrow('no longer wanted');
    leave();
    await expect(patient).resolves.toBeTypeOf('function');
  });
});
