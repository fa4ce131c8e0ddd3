import { hash } from 'node:crypto';
import { type MessageId, operations, type SendMessage } from '@zapfleet/contract';
import { GatewayError, invalidField } from '../../domain/gateway-error.ts';
import { identityOf, jidOf, parsePhoneNumber } from '../../domain/identity.ts';
import { messageResource } from '../../domain/resources.ts';
import type { MessageRecord } from '../../domain/message.ts';
import { wordsOf } from '../../domain/search-words.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { MediaLibrary, Upload } from '../../messages/media/library-api.ts';
import type { Outbox } from '../../messages/outbox-api.ts';
import { knownIdentity } from '../../messages/known-identity.ts';
import type { Caller } from '../../ports/caller.ts';
import type { Store } from '../../ports/store.ts';
import { takeFiles } from '../file-body.ts';
import { type MessageInForm, takeMessageForm } from '../message-form.ts';
import { answer, route, type Router } from '../route.ts';
import { changed, send } from '../sending.ts';
import { concerns } from '../audit.ts';
import { findMessage, findSession } from '../session-access.ts';

export type MessageRouteParts = { store: Store; outbox: Outbox; media: MediaLibrary };

export async function messageRoutes(router: Router, { store, outbox, media }: MessageRouteParts): Promise<void> {
  await router.app.register(async (scope) => {
    await takeFiles(scope);
    route(
      { ...router, app: scope },
      operations.sendMessage,
      async ({ params, query, headers, body, caller, request }) => {
        const session = await findSession(store, caller, params.id, query.tenantId);
        const sendIt = ({ message, file }: MessageInForm) =>
          send(outbox, session, {
            message,
            idempotencyKey: headers['idempotency-key'] ?? null,
            bodyHash: hashOf(message, file),
            waitMs: query.wait * 1000,
            ...(query.onLimit && { onLimit: query.onLimit }),
          });
        if (body) return sendIt({ message: body, file: null });
        const files = { keep: (upload: Upload) => media.upload(session.tenantId, upload), discard: media.discard };
        return takeMessageForm(request, files, sendIt);
      },
    );
  });

  route(router, operations.listMessages, async ({ params, query, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const { chat, status, after, before, order, q, limit } = query;
    const filter = {
      sessionId: session.id,
      ...(chat && { chats: await chatsMeant(store, session, chat) }),
      ...(status && { status }),
      ...(before && { before: before as MessageId }),
      // One more than asked for tells whether there is another page.
      limit: limit + 1,
    };
    const records =
      q === undefined
        ? await store.messages.list({ ...filter, ...(after && { after }), newestFirst: order === 'newest' })
        : await store.messages.search({ ...filter, words: wordsAsked(q) });
    const page = records.slice(0, limit);
    const nextCursor = records.length > limit ? (page.at(-1)?.id ?? null) : null;
    return answer(200, { data: page.map(messageResource), nextCursor });
  });

  route(router, operations.getMessage, async ({ params, caller }) =>
    answer(200, messageResource(await findMessage(store, caller, params.id))),
  );

  route(router, operations.editMessage, async ({ params, query, body, caller }) => {
    const message = await findMessage(store, caller, params.id);
    const session = await sessionOf(store, caller, message);
    return changed(await outbox.edit(session, message, body, query.wait * 1000));
  });

  route(router, operations.revokeMessage, async ({ params, query, caller }) => {
    const message = await findMessage(store, caller, params.id);
    const session = await sessionOf(store, caller, message);
    return changed(await outbox.revoke(session, message, query.wait * 1000));
  });
}

/** The schema put the fields in its own order: the same body in another writing has the same hash, and so has the same file. */
function hashOf(message: SendMessage, file: object | null): string {
  return hash('sha256', JSON.stringify({ type: 'text', ...message, ...(file && { media: file }) }));
}

/** Messages go with their session; one that is just being deleted has none any more. */
async function sessionOf(store: Store, caller: Caller, { sessionId }: MessageRecord): Promise<SessionRecord> {
  const session = await store.sessions.get(sessionId);
  if (!session) throw new GatewayError('message_not_found');
  concerns(caller, session.tenantId);
  return session;
}

function wordsAsked(q: string): string[] {
  const words = wordsOf(q);
  if (words.length === 0) throw invalidField('q', 'must hold a word');
  return words;
}

/** The chats that a phone number, JID or LID stands for: a person may be kept under each of them. */
export async function chatsMeant(store: Store, { id }: SessionRecord, written: string): Promise<string[]> {
  const phoneNumber = parsePhoneNumber(written);
  const known = phoneNumber ? { phoneNumber, lid: null } : identityOf(written);
  if (!known.phoneNumber && !known.lid) return [written];
  const resolved = await knownIdentity(store, id, known);
  return [...(resolved.phoneNumber ? [jidOf(resolved.phoneNumber)] : []), ...(resolved.lid ? [resolved.lid] : [])];
}
