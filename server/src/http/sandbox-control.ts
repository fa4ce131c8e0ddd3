/** Calls the control routes of the sandbox network, the built-in one too, by HTTP. */
import { z } from 'zod';
import { GatewayError } from '../domain/gateway-error.ts';
import { invalid } from './route.ts';

export type SandboxControl = {
  /** `path` begins with `/sandbox`. Throws `sandbox_unavailable`, `sandbox_refused` and the errors of phones and devices. */
  call<T>(method: Method, path: string, answer: z.ZodType<T>, body?: object): Promise<T>;
};

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A scan waits for the client to go through the whole pairing. */
const PATIENCE_MS = 60_000;

/** `controlUrl` without a trailing slash; null where there is no sandbox. */
export function sandboxControl(controlUrl: string | null): SandboxControl {
  if (controlUrl === null) {
    return {
      call: () => Promise.reject(new GatewayError('sandbox_unavailable', 'This server has no sandbox network.')),
    };
  }
  return {
    async call(method, path, answer, body) {
      const { status, content } = await exchange(method, `${controlUrl}${path}`, body);
      if (status >= 400) throw refusal(status, content);
      const read = answer.safeParse(content);
      if (!read.success) throw unavailable('gave an answer that is not in the sandbox’s shape');
      return read.data;
    },
  };
}

async function exchange(method: Method, url: string, body?: object): Promise<{ status: number; content: unknown }> {
  try {
    const answer = await fetch(url, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: answer.status, content: parsed(await answer.text()) };
  } catch {
    throw unavailable('does not answer');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const unavailable = (what: string) => new GatewayError('sandbox_unavailable', `The sandbox network ${what}.`);

const Refusal = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()).default({}) }),
});
const Fields = z.array(z.object({ field: z.string(), message: z.string() })).min(1);
const sameHere = ['phone_not_found', 'phone_exists', 'device_not_found'] as const;

function refusal(status: number, content: unknown): GatewayError {
  const read = Refusal.safeParse(content);
  // A server that does not speak our shape, or does not know the route, has no control routes.
  if (!read.success || read.data.error.code === 'route_not_found') return unavailable('has no control routes');
  const { code, message, details } = read.data.error;
  const same = sameHere.find((known) => known === code);
  if (same) return new GatewayError(same, message, details);
  const fields = Fields.safeParse(details.fields);
  if (code === 'validation_failed' && fields.success) return invalid(fields.data);
  if (status >= 500 && code !== 'not_implemented') return unavailable('has a fault of its own');
  return new GatewayError('sandbox_refused', message, { ...details, reason: code });
}
