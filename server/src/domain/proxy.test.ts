import { describe, expect, test } from 'vitest';
import { maskedProxy, parseProxy } from './proxy.ts';

describe('a proxy', () => {
  test.each([
    ['http://proxy.example', { kind: 'http', host: 'proxy.example', port: 80, credentials: null }],
    ['https://proxy.example/', { kind: 'https', host: 'proxy.example', port: 443, credentials: null }],
    ['socks5://10.0.0.1', { kind: 'socks5', host: '10.0.0.1', port: 1080, credentials: null }],
    [
      'socks5://ana:s%40cret@[2001:db8::1]:9050',
      { kind: 'socks5', host: '2001:db8::1', port: 9050, credentials: { user: 'ana', password: 's@cret' } },
    ],
  ])('is read from %s', (written, proxy) => {
    expect(parseProxy(written)).toEqual(proxy);
  });

  test.each([
    '',
    'proxy.example:80',
    'ftp://x',
    'socks4://x',
    'http://',
    'http://x/path',
    'http://x?y',
    'http://%zz@x',
  ])('is not guessed from %j', (written) => {
    expect(parseProxy(written)).toBeNull();
  });

  test('is shown without its password', () => {
    const shown = (written: string) => {
      const proxy = parseProxy(written);
      return proxy && maskedProxy(proxy);
    };
    expect(shown('http://ana:secret@proxy.example:8080')).toBe('http://ana:***@proxy.example:8080');
    expect(shown('socks5://[2001:db8::1]')).toBe('socks5://[2001:db8::1]:1080');
  });
});
