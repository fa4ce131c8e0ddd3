/** Whether who answers at the address of a network is who its sessions trust: asked before a browser is started, and before anything is told to it. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { Network } from '../../ports/engine.ts';
import { PAGE_HOST } from './chromium.ts';

const LIMIT_MS = 10_000;

/** The server's certificate is not what this session trusts. */
export class UntrustedServer extends Error {
  override readonly name = 'UntrustedServer';
}

/** Rejects with `UntrustedServer`, or with the connection's own error. */
export async function requireTrusted({ url, rootKey, mediaCa }: Network): Promise<void> {
  if (rootKey !== null && mediaCa == null) {
    throw new UntrustedServer('the authority of this network is not known (SANDBOX_CA)');
  }
  const { hostname, port } = new URL(url);
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 443 : Number(port),
    servername: PAGE_HOST,
    rejectUnauthorized: false,
    ...(mediaCa == null ? {} : { ca: [mediaCa] }),
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(LIMIT_MS) });
    if (!socket.authorized)
      throw new UntrustedServer(`the certificate is not trusted: ${String(socket.authorizationError)}`);
  } finally {
    socket.on('error', () => undefined);
    // Not before what it still has to say is said: the server would wait for the end of the handshake.
    socket.destroySoon();
  }
}
