/** Opens the connections: only to what the guard has checked, and once more looks at whom it got. */
import { buildConnector } from 'undici';
import { EgressFailure } from '../domain/egress-failure.ts';
import type { Guard } from './guard.ts';

export type ConnectorOptions = {
  timeoutMs: number;
  /** Certificates to trust beside the usual ones, PEM. */
  ca?: string;
};

/** `open` is for tests: what really connects. */
export function guardedConnector(
  guard: Guard,
  options: ConnectorOptions,
  open: buildConnector.connector = plainConnector(guard, options),
): buildConnector.connector {
  return (wanted, callback) => {
    try {
      // Literal addresses are not looked up, so the lookup never sees them.
      guard.admit(wanted.hostname);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    open(wanted, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      try {
        guard.admit(peerOf(socket.remoteAddress));
        callback(null, socket);
      } catch (refusal) {
        socket.destroy();
        callback(refusal as Error, null);
      }
    });
  };
}

/** HTTP/1.1 only: one slow answer must not hold up others on a shared connection. */
function plainConnector(guard: Guard, { timeoutMs, ca }: ConnectorOptions): buildConnector.connector {
  return buildConnector({
    allowH2: false,
    timeout: timeoutMs,
    // Whatever the environment says: NODE_TLS_REJECT_UNAUTHORIZED would send secrets to anybody.
    rejectUnauthorized: true,
    lookup: guard.lookup,
    autoSelectFamily: true,
    ...(ca !== undefined && { ca }),
  });
}

function peerOf(address: string | undefined): string {
  if (address !== undefined) return address;
  throw new EgressFailure('connection_closed', 'The connection was closed at once.');
}
