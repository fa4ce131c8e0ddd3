/** A proxy as it is written: `http://user:password@host:port`, `https://…`, `socks5://…`. */

export type Proxy = {
  kind: 'http' | 'https' | 'socks5';
  host: string;
  port: number;
  credentials: { user: string; password: string } | null;
};

const usualPorts = { http: 80, https: 443, socks5: 1080 } as const;

/** Throws where it is none, without a word of what was written: it may hold a password. */
export function parseProxy(written: string): Proxy {
  const url = URL.parse(written);
  const kind = url?.protocol.slice(0, -1);
  if (!url || (kind !== 'http' && kind !== 'https' && kind !== 'socks5') || url.hostname === '') {
    throw new Error('the address of the proxy is none');
  }
  const { hostname, port, username, password } = url;
  return {
    kind,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? usualPorts[kind] : Number(port),
    credentials:
      username === '' ? null : { user: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}
