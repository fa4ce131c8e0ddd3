/** Groups of the sandbox network. */
import { z } from 'zod';
import { pageOf } from '../fields.ts';
import { defineOperation } from '../operation.ts';
import {
  ChangeSandboxGroup,
  ChangeSandboxMembers,
  CreateSandboxGroup,
  SandboxGroup,
  SandboxGroupChanged,
} from '../sandbox-groups.ts';

const groupParams = z.object({ id: z.string().min(1).max(100) });

export const sandboxGroupOperations = {
  createSandboxGroup: defineOperation({
    id: 'createSandboxGroup',
    method: 'POST',
    path: '/sandbox/groups',
    tag: 'Sandbox',
    summary: 'A group of simulated phones',
    access: 'admin',
    body: CreateSandboxGroup,
    answers: { 201: { meaning: 'The group', schema: SandboxGroup } },
    errors: ['phone_not_found', 'sandbox_refused', 'sandbox_unavailable'],
  }),
  listSandboxGroups: defineOperation({
    id: 'listSandboxGroups',
    method: 'GET',
    path: '/sandbox/groups',
    tag: 'Sandbox',
    summary: 'The groups of simulated phones, those that sessions founded too',
    access: 'admin',
    answers: { 200: { meaning: 'The groups', schema: pageOf(SandboxGroup) } },
    errors: ['sandbox_unavailable'],
  }),
  getSandboxGroup: defineOperation({
    id: 'getSandboxGroup',
    method: 'GET',
    path: '/sandbox/groups/:id',
    tag: 'Sandbox',
    summary: 'One group with its members',
    access: 'admin',
    params: groupParams,
    answers: { 200: { meaning: 'The group', schema: SandboxGroup } },
    errors: ['sandbox_refused', 'sandbox_unavailable'],
  }),
  changeSandboxGroup: defineOperation({
    id: 'changeSandboxGroup',
    method: 'PATCH',
    path: '/sandbox/groups/:id',
    tag: 'Sandbox',
    summary: 'A phone changes the subject, the description or the settings of a group',
    access: 'admin',
    params: groupParams,
    body: ChangeSandboxGroup,
    answers: { 200: { meaning: 'The group as it is now', schema: SandboxGroup } },
    errors: ['phone_not_found', 'sandbox_refused', 'sandbox_unavailable'],
  }),
  changeSandboxMembers: defineOperation({
    id: 'changeSandboxMembers',
    method: 'POST',
    path: '/sandbox/groups/:id/members',
    tag: 'Sandbox',
    summary: 'Phones are added, removed, promoted or demoted, leave or join',
    access: 'admin',
    params: groupParams,
    body: ChangeSandboxMembers,
    answers: { 200: { meaning: 'The group as it is now, and what came of it', schema: SandboxGroupChanged } },
    errors: ['phone_not_found', 'sandbox_refused', 'sandbox_unavailable'],
  }),
} as const;
