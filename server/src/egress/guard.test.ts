import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { EgressFailure } from '../domain/egress-failure.ts';
import type { AddressAllowance, HostAddress } from '../ports/egress.ts';
import { startCanary, startHost } from './canary.fixture.ts';
import { guardedConnector } from './connector.ts';
import { createGuard } from './guard.ts';
import { openEgress } from './open-egress.ts';
import type { ResolveName } from './resolve-names.ts';

/** Everything that means this machine or its neighbourhood, in the spellings that guards forget. */
const spellings: readonly string[] = [
  // IPv4 as it is usually written
  ...['127.0.0.1', '127.0.0.2', '127.1.2.3', '127.255.255.254', '0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255'],
  ...['172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255', '169.254.0.1', '169.254.169.254'],
  ...['100.64.0.1', '100.127.255.255', '100.100.100.200', '168.63.129.16', '192.0.0.1', '192.0.0.192', '192.0.2.1'],
  ...['198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1'],
  ...['255.255.255.255', '192.88.99.1'],
  // shorter, in other bases, padded
  ...['127.1', '127.0.1', '0', '2130706433', '0x7f000001', '0x7f.1', '0x7f.0.0.1', '0x7F.0x0.0x0.0x1', '017700000001'],
  ...['0177.0.0.1', '0177.1', '0177.0.0.01', '00000177.0.0.1', '127.0.0x1', '3232235521', '0xc0a80001', '0300.0250.1'],
  ...['2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518', '012.1', '0x0a.1'],
  // with a dot at the end, percent-encoded, in other digits and dots
  ...[
    '127.0.0.1.',
    '127.1.',
    '2130706433.',
    '%31%32%37.0.0.1',
    '127%2e0%2e0%2e1',
    '１２７.0.0.1',
    '１２７。０。０。１',
  ],
  ...['①②⑦.⓪.⓪.①', '𝟏𝟐𝟕.𝟎.𝟎.𝟏', '127｡0｡0｡1', '127．0．0．1'],
  // IPv6
  ...['[::]', '[::1]', '[0:0:0:0:0:0:0:1]', '[0000:0000:0000:0000:0000:0000:0000:0001]', '[::127.0.0.1]', '[::7f00:1]'],
  ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::FFFF:7F00:0001]', '[0:0:0:0:0:ffff:127.0.0.1]', '[::ffff:10.0.0.1]'],
  ...['[::ffff:169.254.169.254]', '[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::10.0.0.1]'],
  ...['[64:ff9b:1::127.0.0.1]', '[2002:7f00:1::]', '[2002:a00:1::1]', '[2002:7f00:0001:0:0:0:0:1]'],
  ...[
    '[2001:0:7f00:1::]',
    '[2001:0000:4136:e378:8000:63bf:80ff:fffe]',
    '[fe80::1]',
    '[febf::1]',
    '[fec0::1]',
    '[fc00::1]',
  ],
  ...[
    '[fd00:ec2::254]',
    '[fdff:ffff::1]',
    '[ff02::1]',
    '[ff0e::1]',
    '[100::1]',
    '[2001:db8::1]',
    '[3fff::1]',
    '[5f00::1]',
  ],
  ...['[2001:2::1]', '[2001:10::1]', '[2001:20::1]', '[::2]', '[::ffff:0:0]'],
  // names for this machine
  ...['localhost', 'LOCALHOST', 'localhost.', 'ｌｏｃａｌｈｏｓｔ', 'anything.localhost'],
];

/** Zones and what is no host at all never even become an address. */
const nonsense: readonly string[] = [
  ...[
    '[fe80::1%25lo]',
    '[::1%25eth0]',
    '[::1%lo]',
    '256.256.256.256',
    '127.0.0.1.1.1',
    '0x100000000',
    '[::1',
    '[127.0.0.1]',
  ],
  ...[
    'user@127.0.0.1',
    'user:password@127.0.0.1',
    'example.com@127.0.0.1',
    '127.0.0.1#@example.com',
    '127.0.0.1%00',
    '',
  ],
];

const nobody: ResolveName = () => Promise.resolve([]);
const answering =
  (...addresses: HostAddress[]): ResolveName =>
  () =>
    Promise.resolve(addresses);
const four = (address: string): HostAddress => ({ address, family: 4 });

const egressTo = (allow: AddressAllowance, resolveName?: ResolveName) =>
  openEgress({ allow, userAgent: 'test', ...(resolveName && { resolveName }) });

async function failureOf(call: Promise<unknown>): Promise<EgressFailure> {
  const failure = await call.then(
    () => 'it was reached',
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(EgressFailure);
  return failure as EgressFailure;
}

const post = { headers: {}, body: '{}', withinMs: 5000, keep: 100 };
const get = { method: 'GET', redirects: 3, headersWithinMs: 5000, withinMs: 5000, largestBody: 1000 } as const;

describe('the guard', () => {
  it('knows more than 60 ways to write a private address', () => {
    expect(new Set(spellings).size).toBeGreaterThan(100);
  });

  it.each(spellings)('does not connect to %s', async (host) => {
    await using canary = await startCanary();
    await using egress = egressTo(false);
    const url = `http://${host}:${canary.port}/`;
    // One after another: a call that fails while another is awaited would be a rejection that nobody handles.
    const calls = [() => egress.post({ ...post, url }), () => egress.request({ ...get, url }), () => egress.check(url)];
    for (const call of calls) {
      expect((await failureOf(call())).code).toMatch(/^(address_refused|name_not_found)$/);
    }
    expect(canary.connections()).toBe(0);
  });

  it.each(nonsense)('takes %j for no host', async (host) => {
    await using canary = await startCanary();
    await using egress = egressTo(false);
    const failure = await failureOf(egress.request({ ...get, url: `http://${host}:${canary.port}/` }));
    expect(failure.code).toMatch(/^address_(invalid|refused)$/);
    expect(canary.connections()).toBe(0);
  });

  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'data:text/plain,x',
    'javascript:1',
    'http:',
    'x',
  ])('calls nothing like %s', async (url) => {
    await using egress = egressTo(true);
    expect((await failureOf(egress.request({ ...get, url }))).code).toBe('address_invalid');
    expect((await failureOf(egress.post({ ...post, url }))).code).toBe('address_invalid');
  });

  it('lets the same spellings through where private addresses are allowed, so the canary can sing', async () => {
    await using canary = await startCanary();
    await using egress = egressTo(true);
    const reaching = ['127.0.0.1', '0x7f.1', '2130706433', '１２７。０。０。１', 'localhost', '[::ffff:127.0.0.1]'];
    for (const host of reaching) await egress.post({ ...post, url: `http://${host}:${canary.port}/` });
    expect(canary.connections()).toBe(reaching.length);
  });

  it.each([
    '8.8.8.8',
    '93.184.216.34',
    '100.63.255.255',
    '172.32.0.1',
    '[2606:4700::1111]',
    '[64:ff9b::808:808]',
    '[::ffff:8.8.8.8]',
  ])('has nothing against %s', (host) => {
    expect(createGuard(false, nobody).read(`https://${host}/`).hostname).not.toBe('');
  });
});

describe('names', () => {
  it('are refused when one of their addresses is private, whatever the others are', async () => {
    await using canary = await startCanary();
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', 'fe80::1%lo']) {
      const resolveName = answering(four('93.184.216.34'), { address, family: address.includes(':') ? 6 : 4 });
      await using egress = egressTo(false, resolveName);
      const url = `http://receiver.example:${canary.port}/`;
      expect((await failureOf(egress.post({ ...post, url }))).code).toBe('address_refused');
      expect((await failureOf(egress.request({ ...get, url }))).code).toBe('address_refused');
    }
    expect(canary.connections()).toBe(0);
  });

  it('that are bound to another address after they were checked are refused', async () => {
    await using canary = await startCanary(['127.0.0.2']);
    await using good = await startHost((_request, response) => response.end('fine'));
    let asked = 0;
    // The first answer is allowed; whoever asks again gets the canary.
    const rebinding: ResolveName = () => {
      asked += 1;
      return Promise.resolve([four(asked === 1 ? '127.0.0.1' : '127.0.0.2')]);
    };
    await using egress = egressTo({ ranges: ['127.0.0.1/32'] }, rebinding);
    await egress.check(`http://rebinding.example:${canary.port}/`);
    const failure = await failureOf(egress.post({ ...post, url: `http://rebinding.example:${canary.port}/` }));
    expect(failure.code).toBe('address_refused');
    expect(asked).toBe(2);
    expect(canary.connections()).toBe(0);
    asked = 0;
    expect((await egress.post({ ...post, url: `http://rebinding.example:${good.port}/` })).body).toBe('fine');
    expect(asked).toBe(1);
  });

  it('nobody knows are told apart from refused ones', async () => {
    await using egress = egressTo(false, nobody);
    expect((await failureOf(egress.check('https://nobody.example/'))).code).toBe('name_not_found');
    await using lost = egressTo(false, () => Promise.reject(new Error('no name server')));
    expect((await failureOf(lost.check('https://nobody.example/'))).code).toBe('name_not_found');
  });

  it('give sockets of other kinds only addresses that were checked', async () => {
    await using egress = egressTo(false, answering(four('93.184.216.34')));
    expect(await egress.addressesOf('proxy.example')).toEqual([four('93.184.216.34')]);
    expect(await egress.addressesOf('8.8.8.8')).toEqual([four('8.8.8.8')]);
    expect((await failureOf(egress.addressesOf('[::1]'))).code).toBe('address_refused');
    expect((await failureOf(egress.addressesOf('127.0.0.1'))).code).toBe('address_refused');
  });
});

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('with %i lead to no private address', async (status) => {
    await using canary = await startCanary(['127.0.0.2']);
    const targets = ['127.0.0.2', '0x7f.2', '[::ffff:127.0.0.2]', '127.2'].map(
      (host) => `http://${host}:${canary.port}/`,
    );
    for (const location of [...targets, `//127.0.0.2:${canary.port}/x`]) {
      await using first = await startHost((_request, response) => response.writeHead(status, { location }).end());
      await using egress = egressTo({ ranges: ['127.0.0.1'] });
      const failure = await failureOf(egress.request({ ...get, url: `http://127.0.0.1:${first.port}/` }));
      expect(failure.code).toBe('address_refused');
      // A POST does not follow at all.
      expect((await egress.post({ ...post, url: `http://127.0.0.1:${first.port}/` })).status).toBe(status);
    }
    expect(canary.connections()).toBe(0);
  });

  it('to other kinds of addresses, or without end, are refused', async () => {
    await using egress = egressTo(true);
    await using away = await startHost((_request, response) =>
      response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    );
    expect((await failureOf(egress.request({ ...get, url: `http://127.0.0.1:${away.port}/` }))).code).toBe(
      'address_invalid',
    );
    let hops = 0;
    await using round = await startHost((_request, response) => {
      hops += 1;
      response.writeHead(302, { location: `/again/${hops}` }).end('x'.repeat(100_000));
    });
    expect((await failureOf(egress.request({ ...get, url: `http://127.0.0.1:${round.port}/` }))).code).toBe(
      'too_many_redirects',
    );
    expect(hops).toBe(4);
  });

  it('are followed where nothing speaks against it, without showing what was meant for another host', async () => {
    const seen: unknown[] = [];
    await using second = await startHost((request, response) => {
      seen.push(request.headers['x-secret']);
      response.end('here');
    });
    await using first = await startHost((request, response) => {
      seen.push(request.headers['x-secret']);
      const location = request.url === '/' ? '/next' : `http://127.0.0.1:${second.port}/end`;
      response.writeHead(307, { location }).end();
    });
    await using egress = egressTo(true);
    const answer = await egress.request({
      ...get,
      url: `http://127.0.0.1:${first.port}/`,
      headers: { 'x-secret': 'mine' },
    });
    expect(answer).toMatchObject({ status: 200, url: `http://127.0.0.1:${second.port}/end` });
    expect(seen).toEqual(['mine', 'mine', undefined]);
    answer.discard();
  });
});

describe('the connection', () => {
  it('is looked at once more: whom it got counts, not whom it asked for', async () => {
    await using canary = await startCanary();
    const guard = createGuard(false, answering(four('93.184.216.34')));
    const connector = guardedConnector(guard, { timeoutMs: 1000 }, (_wanted, callback) => {
      const socket = connect(canary.port, '127.0.0.1', () => callback(null, socket));
    });
    const wanted = { hostname: 'receiver.example', host: 'receiver.example', protocol: 'http:', port: '80' };
    const error = await new Promise((resolve) => connector(wanted, (...answer) => resolve(answer[0])));
    expect(error).toMatchObject({ code: 'address_refused' });
  });
});
