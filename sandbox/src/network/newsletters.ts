import { randomBytes, randomInt } from 'node:crypto';
import { proto } from 'baileys/WAProto/index.js';
import { messageId } from '../people/message-id.ts';
import type { Newsletter } from '../store/newsletters.ts';
import { el } from '../wire/stanza.ts';
import { postToMany } from './delivery.ts';
import { companionsOf } from './group-notices.ts';
import { type World, unixTime } from './world.ts';

export function foundNewsletter(
  world: World,
  { name, description, owner }: Pick<Newsletter, 'name' | 'description' | 'owner'>,
): Newsletter {
  const newsletter: Newsletter = {
    id: freeId(world),
    owner,
    name,
    description,
    invite: randomBytes(16).toString('base64url'),
    createdAt: world.clock.now(),
  };
  world.newsletters.add(newsletter);
  return newsletter;
}

/** What is published reaches the companions of all followers, open for everybody to read. Answers its id and number. */
export function publish(world: World, newsletter: Newsletter, text: string): { id: string; serverId: number } {
  return world.db.transaction(() => {
    const id = messageId();
    const serverId = world.newsletters.nextServerId(newsletter.id);
    const content = proto.Message.encode({ conversation: text }).finish();
    const attributes = { from: newsletter.id, id, type: 'text', t: unixTime(world), server_id: serverId };
    const stanza = el('message', attributes, [el('plaintext', {}, content)]);
    postToMany(world, companionsOf(world, world.newsletters.followers(newsletter.id)), stanza);
    return { id, serverId };
  });
}

/** As the network describes a newsletter to who asks. */
export function newsletterView(world: World, newsletter: Newsletter, asker: string): object {
  const { id, name, description, invite, createdAt } = newsletter;
  const at = String(Math.floor(createdAt / 1000));
  const followers = world.newsletters.followers(id);
  return {
    id,
    state: { type: 'ACTIVE' },
    thread_metadata: {
      creation_time: at,
      name: { id: '1', text: name, update_time: at },
      description: { id: '1', text: description, update_time: at },
      invite,
      handle: null,
      subscribers_count: String(followers.length),
      verification: 'UNVERIFIED',
    },
    viewer_metadata: { mute: 'OFF', role: followers.includes(asker) ? 'SUBSCRIBER' : 'GUEST' },
  };
}

function freeId(world: World): string {
  for (;;) {
    const part = () => String(randomInt(0, 1_000_000)).padStart(6, '0');
    const id = `120363${part()}${part()}@newsletter`;
    if (world.newsletters.find(id) === undefined) return id;
  }
}
