/** Links by which a customer scans the QR code of one session, without an account. */
import { z } from 'zod';
import { OneTimeLink } from '../account.ts';
import { defineOperation } from '../operation.ts';
import { CreatePairingLink, OpenPairingLink, PairingPage } from '../pairing-link.ts';
import { sessionParams, tenantQuery } from '../parameters.ts';

const session = { tag: 'Sessions', params: sessionParams, query: tenantQuery } as const;

export const pairingLinkOperations = {
  createPairingLink: defineOperation({
    ...session,
    id: 'createPairingLink',
    method: 'POST',
    path: '/sessions/:id/pairing-link',
    summary: 'A page on which somebody without an account links his phone with this session',
    description: 'It is good for one linking and takes the place of the link before it.',
    access: 'admin',
    body: CreatePairingLink.default({ expiresInSeconds: 3600 }),
    answers: { 201: { meaning: 'The link', schema: OneTimeLink } },
    errors: ['session_not_found', 'session_linked', 'tenant_not_found'],
  }),
  revokePairingLink: defineOperation({
    ...session,
    id: 'revokePairingLink',
    method: 'DELETE',
    path: '/sessions/:id/pairing-link',
    summary: 'Take the pairing link back',
    access: 'admin',
    answers: { 200: { meaning: 'There is none now', schema: z.object({ ok: z.literal(true) }) } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  openPairingLink: defineOperation({
    id: 'openPairingLink',
    method: 'POST',
    path: '/pairing',
    tag: 'Sessions',
    summary: 'What the page of a pairing link shows',
    access: 'public',
    audited: false,
    body: OpenPairingLink,
    answers: { 200: { meaning: 'The session and its code', schema: PairingPage } },
    errors: ['link_invalid', 'tenant_suspended', 'not_supported_by_engine', 'sandbox_unavailable'],
  }),
} as const;
