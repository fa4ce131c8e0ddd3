import { deflateSync } from 'node:zlib';
import { proto } from 'baileys/WAProto/index.js';
import { addressOf, attributeName } from '../network/addresses.ts';
import { post } from '../network/delivery.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import { lidJid, pnJid } from '../wire/jid.ts';
import { el } from '../wire/stanza.ts';
import { messageId } from './message-id.ts';
import { sealFor } from './phone-keys.ts';

const { ProtocolMessage } = proto.Message;

/**
 * What a phone sends to a companion it has just taken in: the key of the shared settings, then the first piece of its
 * history. A client waits for the latter before it lets events through, so it is sent also where there is no history.
 */
export function greetCompanion(world: World, account: Account, device: number): void {
  const { id, data } = account.appStateKey;
  const timestamp = world.clock.now();
  const keyData = { keyData: data, timestamp, fingerprint: { rawId: account.registrationId, currentIndex: device } };
  tell(world, account, device, {
    type: ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE,
    appStateSyncKeyShare: { keys: [{ keyId: { keyId: id }, keyData }] },
  });
  const syncType = proto.HistorySync.HistorySyncType.INITIAL_BOOTSTRAP;
  const mappings = [...contactsOf(world, account)].map(({ phone, lid }) => ({
    pnJid: pnJid(phone),
    lidJid: lidJid(lid),
  }));
  const history = proto.HistorySync.encode({
    syncType,
    chunkOrder: 1,
    progress: 100,
    pushnames: [{ id: pnJid(account.phone), pushname: account.name }],
    phoneNumberToLidMappings: mappings,
  }).finish();
  tell(world, account, device, {
    type: ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION,
    historySyncNotification: {
      syncType: proto.Message.HistorySyncType.INITIAL_BOOTSTRAP,
      chunkOrder: 1,
      progress: 100,
      initialHistBootstrapInlinePayload: deflateSync(history),
    },
  });
}

function* contactsOf(world: World, account: Account): Generator<Account> {
  yield account;
  for (const phone of world.screens.peersOf(account.phone)) {
    const contact = world.accounts.byPhone(phone);
    if (contact !== undefined && phone !== account.phone) yield contact;
  }
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
