/** What is kept of each message, to know whom an edit of it comes from: the server tells of one without saying where and by whom. */
import { z } from 'zod';

/** `participant`: who wrote it in a group; `file`: it is one. */
const Kept = z.object({
  remoteJid: z.string(),
  fromMe: z.boolean(),
  participant: z.string().optional(),
  file: z.literal(true).optional(),
});
export type Kept = z.infer<typeof Kept>;

export const keep = (kept: Kept): Uint8Array => Buffer.from(JSON.stringify(kept));

export function readKept(bytes: Uint8Array | undefined): Kept | null {
  if (!bytes) return null;
  try {
    return Kept.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return null;
  }
}
