import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Refused } from '../network/refused.ts';
import { isOnline, setPhoneOn, tellDoing } from '../network/presence-news.ts';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { Controls } from './controls.ts';
import { chatPartnerOf } from './drafting.ts';
import { phoneOf } from './phone-routes.ts';

const PresenceBody = z.discriminatedUnion('state', [
  z.object({ state: z.enum(['available', 'unavailable']) }),
  z.object({ state: z.enum(['composing', 'recording', 'paused']), to: z.string().min(1).max(100) }),
]);

/** Who is there and who types: what a phone shows of itself, and what it notices of others. */
export function presenceRoutes(http: FastifyInstance, { world }: Controls): void {
  http.post('/sandbox/phones/:phone/presence', (request) => {
    const account = phoneOf(world, request.params);
    const body = PresenceBody.parse(request.body);
    if ('to' in body) {
      const chat = chatPartnerOf(world, body);
      if ('subject' in chat && world.groups.member(chat.id, account.phone) === undefined) {
        throw new Refused(403, 'not_a_member', 'This phone is not in the group.', { groupId: chat.id });
      }
      tellDoing(world, account, chat, body.state);
    } else setPhoneOn(world, account, body.state === 'available');
    return presenceView(world, account.phone);
  });

  http.get('/sandbox/phones/:phone/presences', (request) => {
    const account = phoneOf(world, request.params);
    return { data: peopleOf(world, account).map((phone) => personView(world, account, phone)), nextCursor: null };
  });
}

/** Those whom the phone has a chat with, and those who typed to it. */
function peopleOf(world: World, { phone }: Account): string[] {
  const chats = world.screens.chatsOf(phone).filter((chat) => world.accounts.byPhone(chat) !== undefined);
  const typing = world.presences.noticedBy(phone).map(({ from }) => from);
  return [...new Set([...chats, ...typing])].filter((number) => number !== phone);
}

function personView(world: World, { phone }: Account, other: string): object {
  const noticed = world.presences.noticedBy(phone).filter(({ from }) => from === other);
  return {
    ...presenceView(world, other),
    typing: noticed.map(({ chat, doing, at }) => ({ chat, state: doing, at: new Date(at).toISOString() })),
  };
}

function presenceView(world: World, phone: string): object {
  const seen = world.presences.lastSeen(phone);
  return {
    phoneNumber: phone,
    online: isOnline(world, phone),
    lastSeenAt: seen === undefined ? null : new Date(seen).toISOString(),
  };
}
