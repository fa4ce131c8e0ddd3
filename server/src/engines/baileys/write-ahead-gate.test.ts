import { setImmediate as soon } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { WriteAheadGate } from './write-ahead-gate.ts';

function gateWith(gather: () => void = () => undefined) {
  const failures: unknown[] = [];
  const gate = new WriteAheadGate({ gather, onFailure: (error) => failures.push(error) });
  const left: string[] = [];
  return { gate, failures, left, pass: (name: string) => gate.pass(() => left.push(name)) };
}

describe('the write-ahead gate', () => {
  test('lets a frame through at once where nothing is being written', () => {
    const { left, pass } = gateWith();
    pass('a');
    expect(left).toEqual(['a']);
  });

  test('holds each frame until the writes before it are durable, and not for later ones', async () => {
    const { gate, left, pass } = gateWith();
    const [first, second] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    gate.follow(first.promise);
    pass('a');
    gate.follow(second.promise);
    pass('b');
    first.resolve(undefined);
    await soon();
    expect(left).toEqual(['a']);
    second.resolve(undefined);
    await soon();
    expect(left).toEqual(['a', 'b']);
  });

  test('keeps the order of frames, also where a later write is done first', async () => {
    const { gate, left, pass } = gateWith();
    const first = Promise.withResolvers<undefined>();
    gate.follow(first.promise);
    pass('a');
    gate.follow(Promise.resolve());
    pass('b');
    pass('c');
    await soon();
    expect(left).toEqual([]);
    first.resolve(undefined);
    await soon();
    expect(left).toEqual(['a', 'b', 'c']);
  });

  test('gathers what is still open before a frame passes', async () => {
    const write = Promise.withResolvers<undefined>();
    const open = [write.promise];
    const { gate, left, pass } = gateWith(() => {
      for (const one of open.splice(0)) gate.follow(one);
    });
    pass('a');
    await soon();
    expect(left).toEqual([]);
    write.resolve(undefined);
    await gate.settled();
    expect(left).toEqual(['a']);
  });

  test('lets nothing through after a write failed, and says so once', async () => {
    const { gate, failures, left, pass } = gateWith();
    gate.follow(Promise.reject(new Error('disk full')));
    gate.follow(Promise.reject(new Error('disk full')));
    pass('a');
    expect(await gate.settled()).toBe(false);
    pass('b');
    expect(left).toEqual([]);
    expect(failures).toHaveLength(1);
  });

  test('lets nothing through once it is shut, though writes still end', async () => {
    const { gate, left, pass } = gateWith();
    const write = Promise.withResolvers<undefined>();
    gate.follow(write.promise);
    pass('a');
    gate.shut();
    pass('b');
    write.resolve(undefined);
    expect(await gate.settled()).toBe(true);
    expect(left).toEqual([]);
  });
});
