/** What is hard to bring about on a real server: it makes no code, and tells late of an instance that is no more. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Ending } from '../../domain/ending.ts';
import type { EngineEvent } from '../../ports/engine.ts';
import type { Connecting, EvolutionApi, RemoteState } from './api.ts';
import { Linking } from './linking.ts';

function linking(answers: (phoneNumber: string | null) => Partial<Connecting>) {
  const made: (string | null)[] = [];
  const ends: Ending[] = [];
  const codes: EngineEvent[] = [];
  let now = 1_000;
  let state: RemoteState = 'connecting';
  const server = {
    find: () => Promise.resolve(null),
    create: () => Promise.resolve(),
    logOut: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    state: () => Promise.resolve(state),
    connect(_name: string, phoneNumber: string | null) {
      made.push(phoneNumber);
      return Promise.resolve({ qr: null, pairingCode: null, isOpen: false, ...answers(phoneNumber) });
    },
  };
  const over = new AbortController();
  const under = new Linking({
    ...{
      api: server as Partial<EvolutionApi> as EvolutionApi,
      name: 'ours',
      hook: '',
      qrLimit: 6,
      signal: over.signal,
    },
    clock: {
      now: () => now,
      after(ms, call) {
        now += ms;
        const timer = setImmediate(call);
        return () => clearImmediate(timer);
      },
    },
    tell: (event) => Promise.resolve(void codes.push(event)),
    end(ending) {
      ends.push(ending);
      over.abort();
      return Promise.resolve();
    },
    goOnline: () => Promise.resolve(),
  });
  return { under, made, ends, codes, close: () => over.abort(), become: (next: RemoteState) => (state = next) };
}

describe('linking', () => {
  test('gives a pairing code that does not come up after a while, and shows QR codes again', async () => {
    const { close, codes, made, under } = linking((phoneNumber) => (phoneNumber === null ? { qr: 'scan me' } : {}));
    await under.begin();
    await expect(under.requestPairingCode('5511999990000')).rejects.toThrow('made no pairing code in time');
    await expect.poll(() => made.at(-1)).toBeNull();
    expect(codes).toMatchObject([{ type: 'qr', qr: 'scan me', attempt: 1 }]);
    close();
  });

  test('takes a logout for that of the instance before, where the new one is not closed', async () => {
    const { become, ends, under } = linking((phoneNumber) => ({
      qr: `scan me, ${phoneNumber ?? 'nobody'}`,
      pairingCode: phoneNumber && 'ABCD1234',
    }));
    await under.begin();
    expect(await under.requestPairingCode('5511999990000')).toMatchObject({ code: 'ABCD-1234' });
    const loggedOut = { type: 'state', state: 'close', code: 401 } as const;
    under.heard(loggedOut);
    under.heard({ type: 'qr', qr: 'and scan me' });
    await turn();
    expect(ends).toEqual([]);
    become('close');
    under.heard(loggedOut);
    await expect.poll(() => ends[0]).toMatchObject({ how: 'login_refused', code: 401 });
  });

  test('that is given up refuses the code that was asked for', async () => {
    const { close, under } = linking(() => ({}));
    await under.begin();
    const refused = expect(under.requestPairingCode('5511999990000')).rejects.toThrow('the run is over');
    close();
    await under.giveUp();
    await refused;
  });
});
