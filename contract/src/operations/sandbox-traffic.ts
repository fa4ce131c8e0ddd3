/** What else the sandbox's phones and its network do: calls, restrictions. */
import { z } from 'zod';
import { pageOf } from '../fields.ts';
import { defineOperation } from '../operation.ts';
import { CreateSandboxRestriction, SandboxCall, SandboxRestriction } from '../sandbox-traffic.ts';

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
  restrictSandboxPhone: defineOperation({
    id: 'restrictSandboxPhone',
    method: 'POST',
    path: '/sandbox/phones/:phone/restriction',
    tag: 'Sandbox',
    summary: 'The network holds the account back until a time, and tells its sessions so',
    access: 'admin',
    params: phoneParams,
    body: CreateSandboxRestriction,
    answers: { 201: { meaning: 'What it is held back from', schema: SandboxRestriction } },
    errors: ['phone_not_found', 'sandbox_unavailable'],
  }),
  getSandboxRestriction: defineOperation({
    id: 'getSandboxRestriction',
    method: 'GET',
    path: '/sandbox/phones/:phone/restriction',
    tag: 'Sandbox',
    summary: 'What the network holds the account back from',
    access: 'admin',
    params: phoneParams,
    answers: { 200: { meaning: 'What it is held back from', schema: SandboxRestriction } },
    errors: ['phone_not_found', 'sandbox_unavailable'],
  }),
  liftSandboxRestriction: defineOperation({
    id: 'liftSandboxRestriction',
    method: 'DELETE',
    path: '/sandbox/phones/:phone/restriction',
    tag: 'Sandbox',
    summary: 'Everything is allowed again',
    access: 'admin',
    params: phoneParams,
    answers: { 200: { meaning: 'Lifted', schema: SandboxRestriction } },
    errors: ['phone_not_found', 'sandbox_unavailable'],
  }),
} as const;
