import type { Answered } from './protocol.ts';

/** An answer that is no success, in the server's own words. */
export class Failure extends Error {
  readonly answered: Answered;

  constructor(answered: Answered) {
    super(`status ${answered.status}`);
    this.answered = answered;
  }
}

const NAMES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
};

/** `message` is a text or a list, as the server mixes them. */
export function failure(status: number, message: unknown): Failure {
  return new Failure({ status, body: { status, error: NAMES[status] ?? 'Error', response: { message } } });
}

export const unknownInstance = (name: string): Failure => failure(404, [`The "${name}" instance does not exist`]);
export const nameInUse = (name: string): Failure => failure(403, [`This name "${name}" is already in use.`]);
export const missing = (property: string): Failure => failure(400, [[`instance requires property "${property}"`]]);

/** An error of the library that carries the instance, as it leaks out of most routes. */
export function ofLibrary(error: unknown): Failure {
  return failure(500, error instanceof Error ? error.message : String(error));
}
