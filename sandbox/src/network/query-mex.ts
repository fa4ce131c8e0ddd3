import { type Stanza, childOf, el, textOf } from '../wire/stanza.ts';
import { type Answer, NOT_IMPLEMENTED } from './answers.ts';
import type { Connection } from './connections.ts';
import { quotaView, timelockView } from './restrictions.ts';
import type { World } from './world.ts';

/** The numbers are those of the queries that the web client is compiled with. */
const REACHOUT_TIMELOCK = '23983697327930364';
const MESSAGE_CAPPING = '24503548349331633';

/** `xmlns=w:mex`: questions in JSON. */
export function answerMex(world: World, { phone }: Connection, query: Stanza): Answer {
  const asked = childOf(query, 'query');
  if (textOf(asked) === undefined) return NOT_IMPLEMENTED;
  const now = world.clock.now();
  switch (asked?.attrs['query_id']) {
    case REACHOUT_TIMELOCK:
      return result({ xwa2_fetch_account_reachout_timelock: timelockView(world.restrictions.lock(phone, now)) });
    case MESSAGE_CAPPING:
      return result({ xwa2_message_capping_info: quotaView(world, world.restrictions.quota(phone, now)) });
    default:
      return NOT_IMPLEMENTED;
  }
}

function result(data: object): Answer {
  return [el('result', {}, Buffer.from(JSON.stringify({ data }), 'utf8'))];
}
