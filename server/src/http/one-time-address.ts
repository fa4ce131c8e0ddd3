/** Addresses that open once. The secret stands behind the `#`: browsers never send that part, so it is in no log of a proxy. */
import type { FastifyRequest } from 'fastify';
import { isoTime } from '../domain/resources.ts';

/** The page of each kind of link. */
const pages = { invitation: '/invitation.html', password: '/invitation.html', pairing: '/pair.html' } as const;

export function oneTimeAddress(
  publicUrl: string | null,
  request: FastifyRequest,
  kind: keyof typeof pages,
  token: string,
  expiresAt: number,
): { url: string; expiresAt: string } {
  const base = publicUrl ?? `${request.protocol}://${request.host}`;
  return { url: `${base}${pages[kind]}#token=${token}`, expiresAt: isoTime(expiresAt) };
}
