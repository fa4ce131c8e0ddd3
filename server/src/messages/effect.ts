/** What a reaction, an edit, a revoke or a vote does to the message that it is about, and what is told of it. Pure. */
import { amendmentOf } from '../domain/amendment.ts';
import { identityBlock } from '../domain/identity.ts';
import type { MessageRecord } from '../domain/message.ts';
import { isoTime, messageResource } from '../domain/resources.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { MessageMedia } from '../ports/media.ts';
import type { Change, EventDraft } from '../ports/store.ts';
import { about } from './telling.ts';

type Where = { session: SessionRecord; forget: MessageMedia['forget']; now: number };

/** Changes and tells nothing where the message is newer than this, or where it was not for this person to do. */
export function effectOf(where: Where, amending: MessageRecord): Change {
  const amendment = amendmentOf(amending);
  const id = targetOf(amending);
  if (!amendment || id === null) return [];
  return [
    {
      kind: 'message.amend',
      id,
      amendment,
      tell: (target) => toldOf(where.session, amending, target, where.now),
    },
    ...(amendment.kind === 'revoke' ? where.forget(id) : []),
  ];
}

/** `target`: the message as it is afterwards; null: this session does not have it. */
export function toldOf(
  session: SessionRecord,
  amending: MessageRecord,
  target: MessageRecord | null,
  now: number,
): EventDraft[] {
  const { content, from, timestamp, targetWaId } = amending;
  const event = about(session, now);
  const messageId = target?.id ?? null;
  const which = { messageId, waId: target?.waId ?? targetWaId ?? '', chat: target?.chat ?? amending.chat };
  const who = identityBlock(from);
  const at = isoTime(timestamp);
  switch (content.type) {
    case 'reaction':
      return [
        {
          ...event,
          type: 'message.reaction',
          data: { ...which, from: who, emoji: content.emoji, timestamp: at },
        },
      ];
    case 'poll_vote':
      return [
        {
          ...event,
          type: 'message.poll_vote',
          data: { ...which, from: who, options: content.options, timestamp: at },
        },
      ];
    case 'edit': {
      const message = target && messageResource(target);
      const data = { ...which, from: who, text: content.text, timestamp: at, message };
      return [{ ...event, type: 'message.edited', data }];
    }
    case 'revoke':
      return [{ ...event, type: 'message.revoked', data: { ...which, by: who } }];
    default:
      return [];
  }
}

function targetOf({ content }: MessageRecord): `msg_${string}` | null {
  return 'messageId' in content ? content.messageId : null;
}
