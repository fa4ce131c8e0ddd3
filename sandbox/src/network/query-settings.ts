import { type Stanza, childOf, el, textOf } from '../wire/stanza.ts';
import { type Answer, NOT_FOUND, NOT_IMPLEMENTED } from './answers.ts';
import { type World, unixTime } from './world.ts';

const PRIVACY = ['readreceipts', 'last', 'online', 'profile', 'status', 'groupadd', 'calladd', 'messages'];

/** What has the same answer for everybody: a fresh account that changed none of its settings. */
export function answerSettings(world: World, query: Stanza): Answer {
  const get = query.attrs['type'] === 'get';
  switch (query.attrs['xmlns']) {
    case 'w:p':
    case 'urn:xmpp:ping':
    case 'w:stats':
    case 'urn:xmpp:whatsapp:dirty':
    case 'urn:xmpp:whatsapp:push':
    case 'status':
    case 'disappearing_mode':
      return [];
    case 'abt':
      return [el('props', { protocol: 1, hash: '1S', refresh: 86400, refresh_id: 1 })];
    case 'blocklist':
      return get ? [el('list', { dhash: 'none' })] : [];
    case 'privacy':
      return privacy(query, get);
    case 'w:profile:picture':
      return get ? NOT_FOUND : NOT_IMPLEMENTED;
    case 'w:biz':
      return [el('business_profile', {})];
    case 'bot':
      return [el('bot', { v: 2 })];
    case 'w:mex':
      return mex(query);
    case 'tos':
      return [el('tos', { t: unixTime(world) })];
    default:
      return NOT_IMPLEMENTED;
  }
}

function privacy(query: Stanza, get: boolean): Answer {
  if (!get) return childOf(query, 'tokens') === undefined ? [el('privacy', {})] : [el('tokens', {})];
  return [
    el(
      'privacy',
      {},
      PRIVACY.map((name) => el('category', { name, value: 'all' })),
    ),
  ];
}

/** The numbers are those of the queries that the web client is compiled with. */
const REACHOUT_TIMELOCK = '23983697327930364';
const MESSAGE_CAPPING = '24503548349331633';

function mex(query: Stanza): Answer {
  const asked = childOf(query, 'query');
  if (textOf(asked) === undefined) return NOT_IMPLEMENTED;
  switch (asked?.attrs['query_id']) {
    case REACHOUT_TIMELOCK:
      return mexResult({ xwa2_fetch_account_reachout_timelock: { is_active: false } });
    case MESSAGE_CAPPING:
      return mexResult({ xwa2_message_capping_info: { total_quota: -1, used_quota: 0, mv_status: 'NOT_ELIGIBLE' } });
    default:
      return NOT_IMPLEMENTED;
  }
}

function mexResult(data: object): Answer {
  return [el('result', {}, Buffer.from(JSON.stringify({ data }), 'utf8'))];
}
