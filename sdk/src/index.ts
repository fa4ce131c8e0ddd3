/** A typed client of a Zapfleet server. Types and calls are generated from its contract. */
export {
  createClient,
  type ClientOptions,
  type Answer,
  type Input,
  type OperationId,
  type Zapfleet,
} from './client.ts';
export { ZapfleetError } from './error.ts';
export type { EventOptions, StreamState } from './events.ts';
export type * from './shapes.ts';
