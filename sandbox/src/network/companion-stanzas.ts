import { greetCompanion } from '../people/greeting.ts';
import { isMailClass } from '../store/mailboxes.ts';
import { type Stanza, childOf } from '../wire/stanza.ts';
import { type Answer, NOT_IMPLEMENTED, answerStanza } from './answers.ts';
import { acceptCall } from './calls.ts';
import { acceptMessage } from './companion-messages.ts';
import { acceptReceipt } from './companion-receipts.ts';
import type { Connection } from './connections.ts';
import { openMailbox } from './delivery.ts';
import { unlinkItself } from './linked-devices.ts';
import { acceptChatState, acceptPresence } from './presence-news.ts';
import { answerAppState } from './query-app-state.ts';
import { answerGroups } from './query-groups.ts';
import { answerKeys } from './query-keys.ts';
import { answerMediaConnection } from './query-media.ts';
import { answerMex } from './query-mex.ts';
import { answerSettings } from './query-settings.ts';
import { answerUsync } from './query-usync.ts';
import { acceptTokens } from './trusted-contacts.ts';
import type { World } from './world.ts';

/** One stanza of a companion that is logged in: handled whole, in one transaction, or not at all. */
export function acceptStanza(world: World, connection: Connection, stanza: Stanza): void {
  if (connection.unheard !== undefined && !isPing(stanza)) {
    connection.unheard.push(stanza);
    return;
  }
  world.db.transaction(() => {
    switch (stanza.tag) {
      case 'iq':
        acceptQuery(world, connection, stanza);
        return;
      case 'message':
        acceptMessage(world, connection, stanza);
        return;
      case 'receipt':
        acceptReceipt(world, connection, stanza);
        return;
      case 'ack':
        acceptAcknowledgement(world, connection, stanza);
        return;
      case 'call':
        acceptCall(world, connection, stanza);
        return;
      case 'presence':
        acceptPresence(world, connection, stanza);
        return;
      case 'chatstate':
        acceptChatState(world, connection, stanza);
        return;
      case 'ib':
        // Telemetry, and paging of the offline mail.
        return;
      default:
        world.log.warn({ phone: connection.phone, device: connection.device, tag: stanza.tag }, 'unknown stanza');
    }
  });
}

function acceptQuery(world: World, connection: Connection, query: Stanza): void {
  const { type, id } = query.attrs;
  // Results of queries that the network asked: none is waited for once a companion is logged in.
  if (id === undefined || type === 'result' || type === 'error') return;
  const answer = answerQuery(world, connection, query);
  if ('code' in answer) {
    const { xmlns } = query.attrs;
    const child = Array.isArray(query.content) ? query.content[0]?.tag : undefined;
    world.log.info({ phone: connection.phone, xmlns, type, child, ...answer }, 'query refused');
  }
  world.db.afterCommit(() => connection.link.send(answerStanza(query, answer)));
}

function answerQuery(world: World, connection: Connection, query: Stanza): Answer {
  switch (query.attrs['xmlns']) {
    case 'encrypt':
      return answerKeys(world, connection, query);
    case 'usync':
      return answerUsync(world, query);
    case 'w:g2':
      return answerGroups(world, connection, query);
    case 'w:mex':
      return answerMex(world, connection, query);
    case 'w:sync:app:state':
      return answerAppState(world, connection, query);
    case 'w:m':
      return answerMediaConnection(world, connection, query);
    case 'passive':
      if (childOf(query, 'active') !== undefined) becomeActive(world, connection);
      return [];
    case 'privacy':
      return childOf(query, 'tokens') === undefined
        ? answerSettings(world, query)
        : acceptTokens(world, connection, query);
    case 'md':
      if (childOf(query, 'remove-companion-device') === undefined) return NOT_IMPLEMENTED;
      return unlinkItself(world, connection, query);
    default:
      return answerSettings(world, query);
  }
}

/** The client has its keys in order and takes mail from now on. */
function becomeActive(world: World, connection: Connection): void {
  const { phone, device } = connection;
  const account = world.accounts.byPhone(phone);
  const companion = world.devices.find(phone, device);
  if (account === undefined || companion === undefined) return;
  if (!companion.greeted) {
    greetCompanion(world, account, device, companion.wholeHistory);
    world.devices.setGreeted(phone, device);
  }
  world.db.afterCommit(() => {
    // After the answer to the query that this came with.
    world.db.afterCommit(() => openMailbox(world, connection));
  });
}

function acceptAcknowledgement(world: World, connection: Connection, ack: Stanza): void {
  const { id } = ack.attrs;
  const kind = ack.attrs['class'];
  if (id === undefined) return;
  if (isMailClass(kind)) {
    world.mailboxes.drop(connection.phone, connection.device, kind, id);
  }
}

function isPing(stanza: Stanza): boolean {
  return stanza.tag === 'iq' && stanza.attrs['xmlns'] === 'w:p';
}
