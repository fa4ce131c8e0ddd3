/** The cookie of a login. It goes to the routes of logins only, and no script can read it. */
import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { REFRESH_MS } from '../accounts/logins.ts';

const NAME = 'zapfleet_login';

export function refreshCookieOf({ headers }: FastifyRequest): string | null {
  return (headers.cookie === undefined ? undefined : parseCookie(headers.cookie)[NAME]) ?? null;
}

export function setRefreshCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  write(request, reply, token, REFRESH_MS / 1000);
}

export function clearRefreshCookie(request: FastifyRequest, reply: FastifyReply): void {
  write(request, reply, '', 0);
}

function write(request: FastifyRequest, reply: FastifyReply, value: string, maxAge: number): void {
  const secure = request.protocol === 'https';
  const rules = { path: '/auth', httpOnly: true, sameSite: 'strict', secure, maxAge } as const;
  reply.header('set-cookie', stringifySetCookie({ name: NAME, value, ...rules }));
}
