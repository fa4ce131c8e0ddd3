import type { Sandbox } from '../sandbox.ts';

export type Answer = { readonly status: number; readonly body: unknown };

export async function call(
  network: Pick<Sandbox, 'controlUrl'>,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const response = await fetch(network.controlUrl + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: await response.json() };
}
