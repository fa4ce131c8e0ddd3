/** Files: uploads for messages to come, and addresses of those that came. */
import { z } from 'zod';
import { Media } from './content.ts';
import { Time } from './fields.ts';

export const Upload = Media.omit({ state: true })
  .extend({ expiresAt: Time.meta({ description: 'Until then messages may name it; those that do keep the file' }) })
  .meta({ id: 'Upload' });
export type Upload = z.infer<typeof Upload>;

export const MediaAddress = Media.extend({
  url: z.string().meta({ description: 'Needs no key; answers GET and HEAD, also for a part of the file (`Range`)' }),
  expiresAt: Time.meta({ description: 'The address is good until then; ask again for another' }),
}).meta({ id: 'MediaAddress' });
export type MediaAddress = z.infer<typeof MediaAddress>;
