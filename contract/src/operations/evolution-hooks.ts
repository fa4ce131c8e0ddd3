/** Where Evolution API servers tell what happened to the instances that carry sessions. */
import { z } from 'zod';
import { defineOperation } from '../operation.ts';

export const evolutionHookOperations = {
  evolutionHook: defineOperation({
    id: 'evolutionHook',
    method: 'POST',
    path: '/evolution/hooks/:instance/:secret',
    tag: 'Operations',
    summary: 'For Evolution API servers: the webhook of one instance',
    description:
      'It is set by the engine `evolution`, with a secret of its own for every instance. Answered when what it tells of is stored.',
    access: 'public',
    audited: false,
    params: z.object({ instance: z.string().max(200), secret: z.string().max(200) }),
    body: z.unknown(),
    bodyLimit: 16 * 1024 * 1024,
    answers: {
      200: {
        meaning: 'Taken; `heard` is false where the session does not run now, and asks for it when it does',
        schema: z.object({ ok: z.literal(true), heard: z.boolean() }),
      },
    },
    errors: ['route_not_found'],
  }),
} as const;
