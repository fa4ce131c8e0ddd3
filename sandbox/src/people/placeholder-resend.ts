import { proto } from 'baileys/WAProto/index.js';
import { addressOf, attributeName } from '../network/addresses.ts';
import { post } from '../network/delivery.ts';
import { memberAddress } from '../network/group-stanzas.ts';
import { corrupted } from '../network/message-faults.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { ScreenMessage } from '../store/screens.ts';
import { parseJid } from '../wire/jid.ts';
import { el } from '../wire/stanza.ts';
import { messageId } from './message-id.ts';
import { sealFor } from './phone-keys.ts';

const { ProtocolMessage, PeerDataOperationRequestType } = proto.Message;
const { PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE } = ProtocolMessage.Type;

/**
 * A companion asks its own phone for messages that it knows of and has not got. The phone answers with what stands on
 * its screen; of what does not, it says nothing.
 */
export function resendPlaceholders(
  world: World,
  phone: Account,
  device: number,
  requestId: string,
  request: proto.Message.IPeerDataOperationRequestMessage,
): void {
  if (request.peerDataOperationRequestType !== PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND) return;
  const results = (request.placeholderMessageResendRequest ?? []).flatMap(({ messageKey }) => {
    const shown = messageKey == null ? undefined : shownAs(world, phone, messageKey);
    const bytes = shown && webMessage(world, phone, shown);
    return bytes === undefined ? [] : { placeholderMessageResendResponse: { webMessageInfoBytes: bytes } };
  });
  if (results.length === 0) return;
  const protocolMessage: proto.Message.IProtocolMessage = {
    type: PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
    peerDataOperationRequestResponseMessage: {
      peerDataOperationRequestType: PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND,
      stanzaId: requestId,
      peerDataOperationResult: results,
    },
  };
  tellCompanion(world, phone, device, protocolMessage);
}

function shownAs(world: World, phone: Account, { id, fromMe, remoteJid, participant }: proto.IMessageKey) {
  if (id == null) return undefined;
  const author = fromMe === true ? phone : world.accounts.byJid(parseJid(participant ?? remoteJid ?? ''));
  return author === undefined ? undefined : world.screens.find(phone.phone, id, author.phone);
}

function webMessage(world: World, phone: Account, shown: ScreenMessage): Uint8Array | undefined {
  const author = world.accounts.byPhone(shown.from);
  if (shown.content === undefined || author === undefined) return undefined;
  const group = world.groups.find(shown.chat);
  const chat = world.accounts.byPhone(shown.chat);
  const key: proto.IMessageKey = {
    id: shown.id,
    fromMe: author.phone === phone.phone,
    remoteJid: group?.id ?? (chat === undefined ? shown.chat : addressOf(chat)),
    ...(group === undefined ? {} : { participant: memberAddress(group, author) }),
  };
  return proto.WebMessageInfo.encode({
    key,
    message: proto.Message.decode(shown.content),
    messageTimestamp: Math.floor(shown.sentAt / 1000),
    pushName: author.name,
  }).finish();
}

/** Spoilt like a message, where messages to this companion are: else it would learn what it is not to learn. */
function tellCompanion(
  world: World,
  phone: Account,
  device: number,
  protocolMessage: proto.Message.IProtocolMessage,
): void {
  const envelope = sealFor(world, phone, phone, device, proto.Message.encode({ protocolMessage }).finish());
  if (envelope === undefined) return;
  const attributes = {
    from: addressOf(phone),
    id: messageId(),
    type: 'text',
    category: 'peer',
    t: unixTime(world),
    notify: attributeName(phone.name),
  };
  const stanza = el('message', attributes, [el('enc', { v: 2, type: envelope.type }, envelope.ciphertext)]);
  const who = { phone: phone.phone, device };
  const spoilt = world.faults.takeOnTheWay('corrupt', who, ({ way }) => way === 'received');
  post(world, phone.phone, device, spoilt === undefined ? stanza : corrupted(stanza), true);
}
