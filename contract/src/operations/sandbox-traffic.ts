/** Calls of the sandbox's phones. */
import { z } from 'zod';
import { pageOf } from '../fields.ts';
import { defineOperation } from '../operation.ts';
import { SandboxCall } from '../sandbox-traffic.ts';

const phoneParams = z.object({ phone: z.string().min(1).max(40) });

export const sandboxTrafficOperations = {
  ringFromSandboxPhone: defineOperation({
    id: 'ringFromSandboxPhone',
    method: 'POST',
    path: '/sandbox/phones/:phone/calls',
    tag: 'Sandbox',
    summary: 'The phone calls somebody, or a group',
    access: 'admin',
    params: phoneParams,
    body: z.strictObject({ to: z.string().min(1).max(100), video: z.boolean().optional() }),
    answers: { 201: { meaning: 'It rings', schema: SandboxCall } },
    errors: ['phone_not_found', 'sandbox_refused', 'sandbox_unavailable'],
  }),
  listSandboxCalls: defineOperation({
    id: 'listSandboxCalls',
    method: 'GET',
    path: '/sandbox/phones/:phone/calls',
    tag: 'Sandbox',
    summary: 'The calls that the phone made or got, and what sessions said to them',
    access: 'admin',
    params: phoneParams,
    answers: { 200: { meaning: 'The calls', schema: pageOf(SandboxCall) } },
    errors: ['phone_not_found', 'sandbox_unavailable'],
  }),
  endSandboxCall: defineOperation({
    id: 'endSandboxCall',
    method: 'POST',
    path: '/sandbox/phones/:phone/calls/:call/end',
    tag: 'Sandbox',
    summary: 'The phone that called hangs up, or nobody answered in time',
    access: 'admin',
    params: phoneParams.extend({ call: z.string().min(1).max(100) }),
    body: z.strictObject({ reason: z.enum(['hangup', 'timeout']).optional() }).optional(),
    answers: { 200: { meaning: 'The call as it is now', schema: SandboxCall } },
    errors: ['phone_not_found', 'sandbox_refused', 'sandbox_unavailable'],
  }),
} as const;
