/**
 * How much of each day's limits a session has taken: one row per session and local day, for sessions that have daily limits only. The first that is
 * counted of a day counts what was sent before it, so that a limit which is set at noon holds for the whole day.
 */
import type { SessionId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { idFrom } from '../domain/id-time.ts';
import type { LocalDay } from '../domain/local-day.ts';
import type { DayCount, DaySlot } from '../domain/send-gate.ts';
import { integer, text } from './row.ts';
import { type Steps, template, templates, write } from './statement.ts';
import type { SendDaysTable, Tables } from './tables.ts';

/** The limits of a day that are told of once. */
export const toldLimits = ['perDay', 'perDayNewChats'] as const;
export type ToldLimit = (typeof toldLimits)[number];

export type SendDayRows = {
  /** Changes nothing when the day has no room: who asks at the same moment cannot take more together than there is. */
  take(sessionId: SessionId, slot: DaySlot): Steps<boolean>;
  /** Changes nothing when it was told of this limit on this day already. */
  tell(sessionId: SessionId, day: Pick<DaySlot, 'day' | 'begin'>, limit: ToldLimit): Steps<boolean>;
  /** What was taken of this day, which begins then, and of those after it. */
  from(sessionId: SessionId, day: LocalDay, begin: number): Steps<Map<LocalDay, DayCount>>;
  /** Removes at most `most` of a session's; answers how many. */
  purge(sessionId: SessionId, most: number): Steps<number>;
  /** Removes at most `most` days before this one; answers how many. */
  prune(before: LocalDay, most: number): Steps<number>;
};

type Taken = { session_id: string; day: string; new_chats: number; most_messages: number; most_new_chats: number };

export function sendDayRows(db: Kysely<Tables>): SendDayRows {
  // The shape names the limits.
  const take = templates<Taken>((shape, slots) =>
    db
      .insertInto('send_days')
      .values({ session_id: slots.session_id, day: slots.day, messages: 1, new_chats: slots.new_chats, told: '' })
      .onConflict((conflict) => {
        let update = conflict.columns(['session_id', 'day']).doUpdateSet(({ eb, ref }) => ({
          messages: eb('send_days.messages', '+', 1),
          new_chats: eb('send_days.new_chats', '+', ref('excluded.new_chats')),
        }));
        if (shape.includes('messages')) update = update.where('send_days.messages', '<', slots.most_messages);
        if (shape.includes('newChats')) update = update.where('send_days.new_chats', '<', slots.most_new_chats);
        return update;
      }),
  );
  const told = template<{ session_id: string; day: string }>((slots) =>
    db.selectFrom('send_days').select('told').where('session_id', '=', slots.session_id).where('day', '=', slots.day),
  );
  /** What was sent through us since then; what came from the phone itself has no time until which it would be tried. */
  const sentSince = (sessionId: string, from: string) =>
    db
      .selectFrom('messages')
      .where('session_id', '=', sessionId)
      .where('id', '>=', from)
      .where('direction', '=', 'out')
      .where('target_wa_id', 'is', null)
      .where('expires_at', 'is not', null);
  const sent = template<{ session_id: string; from: string }>((slots) =>
    sentSince(slots.session_id, slots.from).select(({ fn }) => fn.countAll().as('count')),
  );
  // Chats with persons whose first message is one of those.
  const begun = template<{ session_id: string; from: string }>((slots) =>
    db
      .selectFrom(
        sentSince(slots.session_id, slots.from)
          .where('chat', 'not like', '%@g.us')
          .select(({ fn }) => ['chat', fn.min('id').as('first')])
          .groupBy('chat')
          .as('written'),
      )
      .select(({ fn }) => fn.countAll().as('count'))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('messages as earlier')
              .select('earlier.id')
              .where('earlier.session_id', '=', slots.session_id)
              .where('earlier.target_wa_id', 'is', null)
              .whereRef('earlier.chat', '=', 'written.chat')
              .whereRef('earlier.id', '<', 'written.first'),
          ),
        ),
      ),
  );
  const open = template<Omit<SendDaysTable, 'told'>>((slots) =>
    db
      .insertInto('send_days')
      .values({
        session_id: slots.session_id,
        day: slots.day,
        messages: slots.messages,
        new_chats: slots.new_chats,
        told: '',
      })
      .onConflict((conflict) => conflict.doNothing()),
  );
  const setTold = template<{ session_id: string; day: string; told: string }>((slots) =>
    db
      .insertInto('send_days')
      .values({ session_id: slots.session_id, day: slots.day, messages: 0, new_chats: 0, told: slots.told })
      .onConflict((conflict) =>
        conflict.columns(['session_id', 'day']).doUpdateSet(({ ref }) => ({ told: ref('excluded.told') })),
      ),
  );
  const daysFrom = template<{ session_id: string; day: string }>((slots) =>
    db
      .selectFrom('send_days')
      .select(['day', 'messages', 'new_chats'])
      .where('session_id', '=', slots.session_id)
      .where('day', '>=', slots.day),
  );
  const ofSession = template<{ session_id: string; most: number }>((slots) =>
    db
      .selectFrom('send_days')
      .select(['session_id', 'day'])
      .where('session_id', '=', slots.session_id)
      .limit(slots.most),
  );
  const old = template<{ day: string; most: number }>((slots) =>
    db.selectFrom('send_days').select(['session_id', 'day']).where('day', '<', slots.day).limit(slots.most),
  );
  const remove = template<{ session_id: string; day: string }>((slots) =>
    db.deleteFrom('send_days').where('session_id', '=', slots.session_id).where('day', '=', slots.day),
  );

  function* counted(sessionId: SessionId, begin: number): Steps<DayCount> {
    const since = { session_id: sessionId, from: idFrom('msg', begin) };
    const [messages] = (yield sent(since)).rows;
    const [newChats] = messages && integer(messages, 'count') > 0 ? (yield begun(since)).rows : [];
    return { messages: messages ? integer(messages, 'count') : 0, newChats: newChats ? integer(newChats, 'count') : 0 };
  }

  /** Answers what was told of the day; the first time it counts what was sent before. */
  function* opened(sessionId: SessionId, { day, begin }: Pick<DaySlot, 'day' | 'begin'>): Steps<string> {
    const [known] = (yield told({ session_id: sessionId, day })).rows;
    if (known) return text(known, 'told');
    const { messages, newChats } = yield* counted(sessionId, begin);
    yield open({ session_id: sessionId, day, messages, new_chats: newChats });
    return '';
  }

  function* removeAll(found: ReturnType<typeof old>): Steps<number> {
    const { rows } = yield found;
    for (const row of rows) yield remove({ session_id: text(row, 'session_id'), day: text(row, 'day') });
    return rows.length;
  }

  return {
    *take(sessionId, slot) {
      const { day, newChats, mostMessages, mostNewChats } = slot;
      yield* opened(sessionId, slot);
      const shape = [
        ...(mostMessages === null ? [] : ['messages']),
        ...(mostNewChats === null || newChats === 0 ? [] : ['newChats']),
      ];
      return yield* write(
        take(shape.join(' '), {
          ...{ session_id: sessionId, day, new_chats: newChats },
          ...{ most_messages: mostMessages ?? 0, most_new_chats: mostNewChats ?? 0 },
        }),
      );
    },
    *tell(sessionId, slot, limit) {
      const before = (yield* opened(sessionId, slot)).split(' ');
      if (before.includes(limit)) return false;
      yield setTold({ session_id: sessionId, day: slot.day, told: [...before, limit].join(' ').trim() });
      return true;
    },
    *from(sessionId, day, begin) {
      const { rows } = yield daysFrom({ session_id: sessionId, day });
      const days = new Map<LocalDay, DayCount>(
        rows.map((row) => [
          text(row, 'day') as LocalDay,
          { messages: integer(row, 'messages'), newChats: integer(row, 'new_chats') },
        ]),
      );
      return days.has(day) ? days : days.set(day, yield* counted(sessionId, begin));
    },
    purge: (sessionId, most) => removeAll(ofSession({ session_id: sessionId, most })),
    prune: (before, most) => removeAll(old({ day: before, most })),
  };
}
