import { failure } from './failures.ts';
import type { Instance } from './instance.ts';
import type { Answered, Asked, Generation } from './protocol.ts';

/** `only`: whose key it was; null: that of the server. `all`: the instances that the caller may see. */
export type Call = {
  readonly asked: Asked;
  readonly generation: Generation;
  readonly instance: Instance | undefined;
  readonly only: Instance | null;
  readonly all: readonly Instance[];
};

export type Handler = (call: Call) => Answered | Promise<Answered>;

export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

/** What is no text counts as none. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const jidOf = (number: string): string =>
  number.includes('@') ? number : `${number.replace(/\D/g, '')}@s.whatsapp.net`;

/** Every route but one names an instance, and it is looked for before. */
export function the(instance: Instance | undefined): Instance {
  if (!instance) throw failure(404, ['the instance does not exist']);
  return instance;
}
