/** HTTP calls that print the curl command which does the same, and what came back. */
import { ErrorBody } from '@zapfleet/contract';
import type { z } from 'zod';

export type Calls = {
  /** Rejects with the server's own words when it refuses. */
  json<T>(schema: z.ZodType<T>, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>;
  /** The same without a schema, for answers that are no JSON. */
  bytes(path: string, accept: string): Promise<Buffer>;
};

export function callsTo(url: string, apiKey: string): Calls {
  const perform = async (method: string, path: string, headers: Record<string, string>, body?: object) => {
    console.log(`   $ ${curl(url, method, path, headers, body)}`);
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'x-api-key': apiKey, ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (response.ok) return response;
    const text = await response.text();
    const { error } = ErrorBody.safeParse(safeJson(text)).data ?? {};
    throw new Error(
      `${method} ${path} answered ${response.status}: ${error ? `${error.code}: ${error.message}` : text}`,
    );
  };
  return {
    json: async (schema, method, path, body) => {
      const headers: Record<string, string> = body ? { 'content-type': 'application/json' } : {};
      return schema.parse(await (await perform(method, path, headers, body)).json());
    },
    bytes: async (path, accept) => Buffer.from(await (await perform('GET', path, { accept })).arrayBuffer()),
  };
}

function curl(url: string, method: string, path: string, headers: Record<string, string>, body?: object): string {
  const parts = ['curl'];
  if (method !== 'GET') parts.push('-X', method);
  parts.push('-H', '"X-Api-Key: $ZAPFLEET_API_KEY"');
  for (const [name, value] of Object.entries(headers)) parts.push('-H', quoted(`${name}: ${value}`));
  if (body) parts.push('-d', quoted(JSON.stringify(body)));
  return [...parts, quoted(`${url}${path}`)].join(' ');
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
