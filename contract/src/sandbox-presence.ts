/** Who is online and who types, as the phones of the sandbox network see it. */
import { z } from 'zod';
import { Time } from './fields.ts';

export const SandboxPresence = z
  .object({ phoneNumber: z.string(), online: z.boolean(), lastSeenAt: Time.nullable() })
  .meta({ id: 'SandboxPresence' });

export const SandboxPerson = SandboxPresence.extend({
  typing: z
    .array(
      z.object({
        chat: z.string().meta({ description: 'The number of who types, or the group it is in' }),
        state: z.enum(['composing', 'recording', 'paused']),
        at: Time,
      }),
    )
    .meta({ description: 'What the phone noticed, oldest first: of all people the last hundred' }),
}).meta({ id: 'SandboxPerson' });

export const SetSandboxPresence = z
  .discriminatedUnion('state', [
    z.strictObject({ state: z.enum(['available', 'unavailable']) }),
    z.strictObject({
      state: z.enum(['composing', 'recording', 'paused']),
      to: z.string().min(1).max(100).meta({ description: 'A person by number, JID or LID, or a group by its id' }),
    }),
  ])
  .meta({ id: 'SetSandboxPresence' });
