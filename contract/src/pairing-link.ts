/** Pages that let somebody without an account link his phone with one session. */
import { z } from 'zod';
import { Time } from './fields.ts';
import { LinkToken } from './account.ts';
import { Qr, SessionStateName } from './session.ts';

export const CreatePairingLink = z
  .strictObject({
    expiresInSeconds: z
      .number()
      .int()
      .min(60)
      .max(7 * 86_400)
      .default(3600)
      .meta({ description: 'How long the link may be opened' }),
  })
  .meta({ id: 'CreatePairingLink' });

export const OpenPairingLink = z
  .strictObject({
    token: LinkToken,
    show: z
      .boolean()
      .default(false)
      .meta({ description: 'Start the session where it does not run, so that it shows a code' }),
    wait: z.number().min(0).max(25).default(0).meta({ description: 'Seconds to wait for a code' }),
  })
  .meta({ id: 'OpenPairingLink' });

export const PairingPage = z
  .object({
    name: z.string().meta({ description: 'The label of the session, or its name' }),
    linked: z.boolean().meta({ description: 'A phone was linked: the link has done its work' }),
    state: SessionStateName,
    cause: z.string().nullable(),
    qr: Qr.nullable(),
    expiresAt: Time.meta({ description: 'Of the link' }),
  })
  .meta({ id: 'PairingPage' });
export type PairingPage = z.infer<typeof PairingPage>;
