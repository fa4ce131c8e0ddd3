/** What an operation is: one route with its rule, inputs and answers. The server registers routes from these and from nothing else. */
import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

export const roles = ['viewer', 'agent', 'admin', 'master'] as const;
export type Role = (typeof roles)[number];

/** `public` needs no key; a role is the least one that may call. */
export type Access = 'public' | Role;

/** An answer without a schema has a body that is not JSON (`types` names its media types), or none. */
export type Answer = { meaning: string; schema?: z.ZodType; types?: readonly string[] };

export type Operation = {
  id: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Fastify's notation, `/sessions/:id`. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  access: Access;
  /** Whether a key that reaches some sessions only may call it. Without it: only what is under `/sessions/:id`. */
  limitedKeys?: boolean;
  /** Whether it leaves an entry in the log of changes. Without it: all but GET. */
  audited?: boolean;
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: z.ZodType;
  /** Bytes that the body may have; without it 1 MB. */
  bodyLimit?: number;
  /** The body is a file: `multipart/form-data` with a part named `file`, or the bytes with their media type; of any size, and slow. */
  file?: boolean;
  /**
   * The body may also be a form: one field for each of its own, or all of it as JSON in `message`, and a file of any size in a part named
   * `file` in the place of `media`.
   */
  form?: boolean;
  answers: Readonly<Record<number, Answer>>;
  errors: readonly ErrorCode[];
};

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;

/** What a handler of this operation gets, already read by its schemas. */
export type OperationInput<O extends Operation> = {
  params: Parsed<O['params']>;
  query: Parsed<O['query']>;
  headers: Parsed<O['headers']>;
  /** undefined where it came as a form, which the handler reads. */
  body: Parsed<O['body']> | (O extends { form: true } ? undefined : never);
};

/** Keeps the exact types of the schemas, so that handlers are typed by them. */
export function defineOperation<const O extends Operation>(operation: O): O {
  return operation;
}
