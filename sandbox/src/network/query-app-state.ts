import { randomUUID } from 'node:crypto';
import { proto } from 'baileys/WAProto/index.js';
import { SERVER, type Stanza, bytesOf, childOf, childrenOf, countOf, el } from '../wire/stanza.ts';
import { type Answer, BAD_REQUEST } from './answers.ts';
import type { Connection } from './connections.ts';
import { postToCompanions } from './delivery.ts';
import { type World, unixTime } from './world.ts';

/** `xmlns=w:sync:app:state`: the shared settings, which the network keeps in order and cannot read. */
export function answerAppState(world: World, connection: Connection, query: Stanza): Answer {
  const sync = childOf(query, 'sync');
  if (sync === undefined) return BAD_REQUEST;
  return [
    el(
      'sync',
      {},
      childrenOf(sync).map((collection) => syncCollection(world, connection, collection)),
    ),
  ];
}

function syncCollection(world: World, connection: Connection, asked: Stanza): Stanza {
  const { phone } = connection;
  const name = asked.attrs['name'] ?? '';
  const known = countOf(asked, 'version', 0);
  const current = world.appStates.version(phone, name);
  const added = bytesOf(childOf(asked, 'patch'));
  if (added === undefined) {
    const patches = world.appStates.since(phone, name, known).map((patch) => el('patch', {}, patch));
    return el('collection', { name, version: current }, [el('patches', {}, patches)]);
  }
  if (known !== current) {
    return el('collection', { name, version: current, type: 'error' }, [el('error', { code: 409, text: 'conflict' })]);
  }
  const patch = proto.SyncdPatch.decode(added);
  patch.version = { version: current + 1 };
  world.appStates.add(phone, name, current + 1, proto.SyncdPatch.encode(patch).finish());
  const id = randomUUID();
  const news = el('notification', { from: SERVER, type: 'server_sync', id, t: unixTime(world) }, [
    el('collection', { name, version: current + 1 }),
  ]);
  postToCompanions(world, phone, news, connection.device);
  return el('collection', { name, version: current + 1 });
}
