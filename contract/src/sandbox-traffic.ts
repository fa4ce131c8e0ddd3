/** What else reaches a session from the sandbox network than messages of persons and groups. */
import { z } from 'zod';
import { Time } from './fields.ts';

export const SandboxCall = z
  .object({
    id: z.string(),
    from: z.string(),
    to: z.string().meta({ description: 'A number, or a group by its id' }),
    video: z.boolean(),
    status: z.enum(['ringing', 'accepted', 'rejected', 'missed', 'ended']),
    startedAt: Time,
  })
  .meta({ id: 'SandboxCall' });
