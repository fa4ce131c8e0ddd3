import { expect, test } from 'vitest';
import type { EngineEvent } from '../../ports/engine.ts';
import { Reporter } from './reporter.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => log };
const identity: EngineEvent = { type: 'identity', identity: { phoneNumber: null, lid: null }, pushName: null };
const receipt: EngineEvent = { type: 'receipt', receipt: { waIds: [], status: 'read', at: 1, by: null } };
const account: EngineEvent = {
  type: 'account',
  account: { phoneNumber: '5511', jid: '5511@s.whatsapp.net', lid: null, pushName: null },
};
const closed: EngineEvent = { type: 'closed', ending: { how: 'closed' } as never };

/** A listener whose commits end when the test says so. */
function listener() {
  const heard: string[] = [];
  const commits: PromiseWithResolvers<undefined>[] = [];
  const emit = ({ type }: EngineEvent) => {
    heard.push(type);
    const commit = Promise.withResolvers<undefined>();
    commits.push(commit);
    return commit.promise;
  };
  return { heard, commits, reporter: new Reporter(emit, log) };
}

const idle = () => new Promise((resolve) => setImmediate(resolve));

test('traffic is told in order, and does not wait for the commits before it', async () => {
  const { heard, reporter } = listener();
  const slow = Promise.withResolvers<EngineEvent>();
  void reporter.tellWhenMade(() => slow.promise);
  reporter.tell(identity);
  await idle();
  expect(heard).toEqual([]);
  slow.resolve(receipt);
  await idle();
  expect(heard).toEqual(['receipt', 'identity']);
});

test('what changes the session waits for the commits before it, and what comes later waits for its own', async () => {
  const { heard, commits, reporter } = listener();
  reporter.tell(identity);
  reporter.tell(account);
  reporter.tell(identity);
  await idle();
  expect(heard).toEqual(['identity']);
  commits[0]?.resolve(undefined);
  await idle();
  expect(heard).toEqual(['identity', 'account']);
  commits[1]?.resolve(undefined);
  await idle();
  expect(heard).toEqual(['identity', 'account', 'identity']);
});

test('each resolves at its own commit, and all are settled at the last', async () => {
  const { commits, reporter } = listener();
  const done: string[] = [];
  void reporter.tellWhenMade(() => Promise.resolve(identity)).then(() => done.push('first'));
  void reporter.tellWhenMade(() => Promise.resolve(identity)).then(() => done.push('second'));
  void reporter.settled.then(() => done.push('all'));
  await idle();
  commits[1]?.resolve(undefined);
  await idle();
  expect(done).toEqual(['second']);
  commits[0]?.resolve(undefined);
  await idle();
  expect(done).toEqual(['second', 'first', 'all']);
});

test('one that could not be made or stored does not hold up the others', async () => {
  const { heard, commits, reporter } = listener();
  const unmade = reporter.tellWhenMade(() => Promise.reject(new Error('no')));
  await expect(unmade).rejects.toThrow('no');
  const unstored = reporter.tellWhenMade(() => Promise.resolve(account));
  reporter.tell(identity);
  await idle();
  commits[0]?.reject(new Error('disk full'));
  await expect(unstored).rejects.toThrow('disk full');
  await idle();
  commits[1]?.resolve(undefined);
  await reporter.settled;
  expect(heard).toEqual(['account', 'identity']);
});

test('once it is sealed, what was told before is still made and told, and then the end', async () => {
  const { heard, commits, reporter } = listener();
  reporter.tell(identity);
  reporter.seal();
  reporter.tell(account);
  await idle();
  commits[0]?.resolve(undefined);
  await reporter.settled;
  void reporter.tellEnd(closed);
  expect(heard).toEqual(['identity', 'closed']);
});

test('nothing is told once it is silenced, not even the end', async () => {
  const { heard, reporter } = listener();
  const late = Promise.withResolvers<EngineEvent>();
  void reporter.tellWhenMade(() => late.promise);
  reporter.silence();
  late.resolve(identity);
  await reporter.settled;
  await reporter.tellEnd(closed);
  expect(heard).toEqual([]);
});
