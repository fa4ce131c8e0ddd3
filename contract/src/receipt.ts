/** What a logout, a delete and a cleanup of many leave behind: name by name what was done. */
import { z } from 'zod';
import { Time } from './fields.ts';
import { idSchema } from './ids.ts';
import { SessionStateName } from './session.ts';

export const teardownStepNames = [
  'logout',
  'close_engine',
  'wipe_credentials',
  'remove_remote',
  'verify_remote',
  'remove_files',
  'remove_rows',
] as const;
export type TeardownStepName = (typeof teardownStepNames)[number];

export const stepOutcomes = ['pending', 'done', 'skipped', 'failed'] as const;
export type StepOutcome = (typeof stepOutcomes)[number];

export const Unlinked = z.enum(['confirmed', 'unconfirmed', 'not_linked']).meta({
  description:
    'confirmed: WhatsApp removed this device · unconfirmed: it could not be asked or did not answer; remove the device on the phone · not_linked: there was nothing to unlink',
});
export type Unlinked = z.infer<typeof Unlinked>;

export const Receipt = z
  .object({
    sessionId: idSchema('ses'),
    unlinked: Unlinked,
    steps: z.array(
      z.object({
        name: z.enum(teardownStepNames),
        outcome: z.enum(stepOutcomes).meta({
          description:
            'pending: still to do, it goes on by itself, also after a restart · skipped: nothing to do here · failed: given up, `detail` says why',
        }),
        detail: z.string().optional(),
        ms: z.number().int().meta({ description: 'How long it took' }),
      }),
    ),
  })
  .meta({ id: 'Receipt' });
export type Receipt = z.infer<typeof Receipt>;

export const CleanupRequest = z
  .strictObject({
    tenantId: idSchema('ten').optional().meta({ description: 'For a master key: only this tenant; without it, all' }),
    states: z.array(SessionStateName).min(1).optional().meta({ description: 'Only sessions in these states' }),
    dryRun: z.boolean().default(false).meta({ description: 'Only say what would be deleted' }),
  })
  .meta({ id: 'CleanupRequest' });

export const CleanupPreview = z
  .object({
    dryRun: z.literal(true),
    total: z.number().int(),
    sessions: z
      .array(
        z.object({
          id: idSchema('ses'),
          name: z.string(),
          tenantId: idSchema('ten'),
          state: SessionStateName,
          phoneNumber: z.string().nullable(),
        }),
      )
      .meta({ description: 'What would be deleted' }),
  })
  .meta({ id: 'CleanupPreview' });

export const CleanupResult = z
  .object({
    ok: z.boolean().meta({ description: 'Whether every session was deleted' }),
    deleted: z.number().int(),
    remoteInstancesDeleted: z.number().int(),
    orphansRemoved: z.number().int(),
    errors: z.array(z.object({ sessionId: idSchema('ses'), name: z.string(), error: z.string() })),
    receipts: z.array(Receipt),
  })
  .meta({ id: 'CleanupResult' });
export type CleanupResult = z.infer<typeof CleanupResult>;

export const CleanupProgress = z
  .object({
    id: z.string(),
    done: z.boolean(),
    total: z.number().int(),
    finished: z.number().int().meta({ description: 'How many of `total` have ended' }),
    startedAt: Time,
    result: CleanupResult.nullable().meta({ description: 'Null until `done`' }),
  })
  .meta({ id: 'CleanupProgress' });
export type CleanupProgress = z.infer<typeof CleanupProgress>;
