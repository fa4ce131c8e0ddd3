import { errorCatalogue, type ErrorCode } from '@zapfleet/contract';

/** An expected refusal with a catalogued code. `details` leave the server: no secrets, paths or stack traces. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message?: string, details: Record<string, unknown> = {}) {
    super(message ?? errorCatalogue[code].meaning);
    this.code = code;
    this.status = errorCatalogue[code].status;
    this.details = details;
  }
}

/** `validation_failed` for what the schema could not see. */
export function invalidField(field: string, message: string): GatewayError {
  return new GatewayError('validation_failed', `${field} ${message}.`, { fields: [{ field, message }] });
}

/**
 * Whether something could not be stored for want of the database or its disk, and through no fault of its own: it may be stored later,
 * when `Store.ready` resolves.
 */
export function isStorageFault(error: unknown): error is GatewayError & { code: 'database_unavailable' | 'disk_full' } {
  return error instanceof GatewayError && (error.code === 'database_unavailable' || error.code === 'disk_full');
}
