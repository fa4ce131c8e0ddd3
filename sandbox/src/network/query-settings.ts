import { type Stanza, childOf, el } from '../wire/stanza.ts';
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
