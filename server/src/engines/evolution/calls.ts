/** Calls as the server tells of them: that it rings, and what became of it. */
import { z } from 'zod';
import type { EngineCall } from '../../ports/engine.ts';
import { RecentIds } from '../recent-ids.ts';
import { joined } from './read-message.ts';

const Call = z.looseObject({
  id: z.string().min(1),
  from: z.string(),
  callerPn: z.string().nullish(),
  groupJid: z.string().nullish(),
  isVideo: z.boolean().nullish(),
  status: z.string(),
  date: z.union([z.string(), z.number()]).nullish(),
});

export class Calls {
  /** That one was accepted is not said again at its end. */
  readonly #accepted = new RecentIds(1_000);

  /** null: nothing that we tell of. */
  heard(data: unknown, now: number): EngineCall | null {
    const { data: call } = Call.safeParse(data);
    const status = call && this.#statusOf(call.id, call.status);
    if (!call || !status) return null;
    const { callerPn, date, from, groupJid, id, isVideo } = call;
    const at = date == null ? now : new Date(date).getTime();
    return { id, from: joined([from, callerPn]), groupJid: groupJid ?? null, video: isVideo === true, status, at };
  }

  #statusOf(id: string, said: string): EngineCall['status'] | null {
    switch (said) {
      case 'offer':
        return 'ringing';
      case 'accept':
        this.#accepted.add(id);
        return 'accepted';
      case 'reject':
        return 'rejected';
      case 'timeout':
        return 'missed';
      case 'terminate':
        return this.#accepted.add(id) ? 'missed' : 'ended';
      default:
        return null;
    }
  }
}
