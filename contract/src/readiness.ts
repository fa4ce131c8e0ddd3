/** What must hold for the server to do its work, and whether it does. */
import { z } from 'zod';

export const checkFailures = ['no_answer', 'database_unavailable', 'disk_full', 'slow', 'no_engine', 'failed'] as const;
export type CheckFailure = (typeof checkFailures)[number];

export const ReadinessCheck = z
  .object({
    ok: z.boolean(),
    detail: z.string().meta({ description: 'In plain words' }),
    code: z
      .enum(checkFailures)
      .nullable()
      .meta({
        description:
          'Why it is not ok; null: it is. no_answer: it took longer than 2 s · database_unavailable · disk_full · slow: the process was behind by 1 s or more · ' +
          'no_engine: none is usable here · failed: the log says why',
      }),
    figures: z.record(z.string(), z.number()).meta({
      description:
        'What was measured: of `eventLoop` `lagMs` now and `worstLagMs` of the last 30 s; of `engines` how many are `usable` and `known`; of `sessions` how many ' +
        'are in each state, and `degraded`',
      examples: [{ lagMs: 0, worstLagMs: 12 }],
    }),
  })
  .meta({ id: 'ReadinessCheck' });
export type ReadinessCheck = z.infer<typeof ReadinessCheck>;
