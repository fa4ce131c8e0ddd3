import { deflateSync } from 'node:zlib';
import { proto } from 'baileys/WAProto/index.js';
import { addressOf, attributeName } from '../network/addresses.ts';
import { post } from '../network/delivery.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import { lidJid, pnJid } from '../wire/jid.ts';
import { present } from '../wire/present.ts';
import { el } from '../wire/stanza.ts';
import { type Piece, historyOf } from './history.ts';
import { messageId } from './message-id.ts';
import { sealFor } from './phone-keys.ts';

const { APP_STATE_SYNC_KEY_SHARE, HISTORY_SYNC_NOTIFICATION } = proto.Message.ProtocolMessage.Type;

/**
 * What a phone sends to a companion it has just taken in: the key of the shared settings, then what stood on its screen
 * before. A client waits for the first piece of history before it lets events through, so there is one also where there was
 * nothing. `whole`: the client wants all of it.
 */
export function greetCompanion(world: World, account: Account, device: number, whole: boolean): void {
  const { id, data } = account.appStateKey;
  const timestamp = world.clock.now();
  const keyData = { keyData: data, timestamp, fingerprint: { rawId: account.registrationId, currentIndex: device } };
  tell(world, account, device, {
    type: APP_STATE_SYNC_KEY_SHARE,
    appStateSyncKeyShare: { keys: [{ keyId: { keyId: id }, keyData }] },
  });
  let order = 1;
  for (const piece of world.history ? historyOf(world, account, whole) : []) {
    tell(world, account, device, notification(asFile(world, account, piece, order)));
    order += 1;
  }
  if (order === 1) tell(world, account, device, notification(emptyHistory(account)));
}

/** Small enough to be in the notification itself. */
function emptyHistory({ phone, lid, name }: Account): proto.Message.IHistorySyncNotification {
  const state = { chunkOrder: 1, progress: 100 };
  const history = proto.HistorySync.encode({
    ...state,
    syncType: proto.HistorySync.HistorySyncType.INITIAL_BOOTSTRAP,
    pushnames: [{ id: pnJid(phone), pushname: name }],
    phoneNumberToLidMappings: [{ pnJid: pnJid(phone), lidJid: lidJid(lid) }],
  }).finish();
  return {
    ...state,
    syncType: proto.Message.HistorySyncType.INITIAL_BOOTSTRAP,
    initialHistBootstrapInlinePayload: deflateSync(history),
  };
}

/** Encrypted on the media host, as any file. */
function asFile(
  world: World,
  { phone }: Account,
  { kind, sync, oldest }: Piece,
  chunkOrder: number,
): proto.Message.IHistorySyncNotification {
  const syncType = proto.HistorySync.HistorySyncType[kind];
  const history = proto.HistorySync.encode({ ...sync, syncType, chunkOrder }).finish();
  const file = world.media.uploadNow(phone, 'history', deflateSync(history));
  return present<proto.Message.IHistorySyncNotification>({
    syncType: proto.Message.HistorySyncType[kind],
    chunkOrder,
    progress: sync.progress,
    oldestMsgInChunkTimestampSec: oldest === undefined ? undefined : Math.floor(oldest / 1000),
    directPath: file.directPath,
    mediaKey: file.mediaKey,
    fileSha256: file.sha256,
    fileEncSha256: file.encSha256,
    fileLength: file.bytes,
  });
}

function notification(history: proto.Message.IHistorySyncNotification): proto.Message.IProtocolMessage {
  return { type: HISTORY_SYNC_NOTIFICATION, historySyncNotification: history };
}

function tell(world: World, account: Account, device: number, protocolMessage: proto.Message.IProtocolMessage): void {
  const envelope = sealFor(world, account, account, device, proto.Message.encode({ protocolMessage }).finish());
  if (envelope === undefined) return;
  const attributes = {
    from: addressOf(account),
    id: messageId(),
    type: 'text',
    category: 'peer',
    t: unixTime(world),
    notify: attributeName(account.name),
  };
  const stanza = el('message', attributes, [el('enc', { v: 2, type: envelope.type }, envelope.ciphertext)]);
  post(world, account.phone, device, stanza, true);
}
