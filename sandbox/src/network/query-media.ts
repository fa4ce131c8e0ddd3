import { AUTH_TTL } from '../media/store.ts';
import { LARGEST_FILE } from '../media/host.ts';
import { type Stanza, childOf, el } from '../wire/stanza.ts';
import { type Answer, NOT_IMPLEMENTED } from './answers.ts';
import type { Connection } from './connections.ts';
import type { World } from './world.ts';

/** How long a client may go by this answer. Seconds. */
const TTL = 300;

/** `xmlns=w:m`: where files are left and fetched, and by what the host knows who leaves one. */
export function answerMediaConnection(world: World, connection: Connection, query: Stanza): Answer {
  if (childOf(query, 'media_conn') === undefined) return NOT_IMPLEMENTED;
  const auth = world.media.authFor(connection);
  const host = { hostname: connection.host, type: 'primary', maxContentLengthBytes: LARGEST_FILE };
  return [el('media_conn', { auth, ttl: TTL, auth_ttl: AUTH_TTL, max_buckets: 12 }, [el('host', host)])];
}
