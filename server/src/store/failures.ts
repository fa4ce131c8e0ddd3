/** Faults of the database itself. Their messages are sentences for the operator. */
import { GatewayError } from '../domain/gateway-error.ts';

/** The store cannot be opened. `message` is one clear sentence: the start ends with it. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable';
}

/** Nothing of the commit was kept; with space again the next one succeeds. */
export function diskFull(cause?: unknown): GatewayError {
  return because(new GatewayError('disk_full', 'The database cannot be written: the disk is full.'), cause);
}

/** `why` is a sentence without addresses and secrets: it leaves the server. */
export function databaseUnavailable(why: string, cause?: unknown): GatewayError {
  return because(new GatewayError('database_unavailable', why), cause);
}

function because(error: GatewayError, cause: unknown): GatewayError {
  if (cause !== undefined) error.cause = cause;
  return error;
}

/** The connection to the database broke while something was asked of it. Never leaves the store. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}
