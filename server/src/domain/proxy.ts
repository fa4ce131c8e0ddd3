/** The proxy of a session as people write it: `http://user:password@host:port`, `https://…` or `socks5://…`. */

export type Proxy = {
  kind: 'http' | 'https' | 'socks5';
  /** A name or an IP address, without brackets. */
  host: string;
  port: number;
  credentials: { user: string; password: string } | null;
};

const usualPorts = { http: 80, https: 443, socks5: 1080 } as const;

/** null where it is none. */
export function parseProxy(written: string): Proxy | null {
  const url = URL.parse(written);
  const kind = url?.protocol.slice(0, -1);
  if (!url || (kind !== 'http' && kind !== 'https' && kind !== 'socks5')) return null;
  const { hostname, port, username, password, pathname, search, hash } = url;
  if (hostname === '' || (pathname !== '' && pathname !== '/') || search !== '' || hash !== '') return null;
  const credentials = credentialsOf(username, password);
  if (credentials === undefined) return null;
  return {
    kind,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? usualPorts[kind] : Number(port),
    credentials,
  };
}

/** As it is shown: who may know which proxy it is need not know its password. */
export function maskedProxy({ kind, host, port, credentials }: Proxy): string {
  const user = credentials ? `${encodeURIComponent(credentials.user)}:***@` : '';
  return `${kind}://${user}${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** undefined where they are not written as they must be in an address. */
function credentialsOf(username: string, password: string): Proxy['credentials'] | undefined {
  if (username === '' && password === '') return null;
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return undefined;
  }
}
