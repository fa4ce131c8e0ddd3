/** What an account's own phone tells its other devices, and no person reads. Whoever else says such things is not believed: ask before. */
import { proto } from './library.ts';

export type Housekeeping = {
  /** Keys of the account's settings, the newest last; `id` in base64. */
  settingsKeys?: { id: string; data: proto.Message.IAppStateSyncKeyData }[];
  history?: proto.Message.IHistorySyncNotification;
  /** Messages that this device could not decrypt, as the phone has them. */
  resent?: proto.IWebMessageInfo[];
};

const { Type } = proto.Message.ProtocolMessage;

export function readHousekeeping(said: proto.Message.IProtocolMessage): Housekeeping {
  switch (said.type) {
    case Type.APP_STATE_SYNC_KEY_SHARE:
      return { settingsKeys: keysIn(said.appStateSyncKeyShare) };
    case Type.HISTORY_SYNC_NOTIFICATION:
      return said.historySyncNotification ? { history: said.historySyncNotification } : {};
    case Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE:
      return { resent: resentIn(said.peerDataOperationRequestResponseMessage) };
    default:
      return {};
  }
}

function keysIn(share: proto.Message.IAppStateSyncKeyShare | null | undefined): Housekeeping['settingsKeys'] & object {
  return (share?.keys ?? []).flatMap(({ keyId, keyData }) =>
    keyId?.keyId && keyData ? [{ id: Buffer.from(keyId.keyId).toString('base64'), data: keyData }] : [],
  );
}

function resentIn(
  response: proto.Message.IPeerDataOperationRequestResponseMessage | null | undefined,
): proto.IWebMessageInfo[] {
  return (response?.peerDataOperationResult ?? []).flatMap(({ placeholderMessageResendResponse: resent }) => {
    if (!resent?.webMessageInfoBytes) return [];
    try {
      return [proto.WebMessageInfo.decode(resent.webMessageInfoBytes)];
    } catch {
      return [];
    }
  });
}
