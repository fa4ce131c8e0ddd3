// What `window.require` gives: the modules of the genuine page that a client library asks for, on top of the stand-in's state.
import { MsgKey, Wid } from './models.js';
import { mediaModules } from './media.js';

const LINK = /https?:\/\/\S+/g;
const linkOf = (href) => ({ href, suspiciousCharacters: new Set() });
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

export function pageModules({ bridge, socket, cmd, conn, msgs, chats, people, me, keys, send, chatOf }) {
  const exists = async (wid) => {
    const found = await bridge.ask({ type: 'exists', wid: Wid.of(wid)._serialized });
    if (!found) return null;
    if (found.pn && found.lid) people.know(found.pn, found.lid);
    return { wid: Wid.of(found.pn ?? found.lid) };
  };

  return {
    ...mediaModules(bridge),
    WAWebSocketModel: { Socket: socket },
    WAWebCmd: { Cmd: cmd },
    WAWebConnModel: { Conn: conn },
    WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => 100 } },
    WAWebLaunchSocketUtils: { refreshQR: () => bridge.tell({ type: 'refreshQr' }) },
    WAWebAltDeviceLinkingApi: {
      setPairingType() {},
      initializeAltDeviceLinking: () => Promise.resolve(),
      initializeQRLinking: () => Promise.resolve(),
      startAltLinkingFlow: (phone) => bridge.ask({ type: 'code', phone }),
    },
    WABase64: { encodeB64: toBase64, decodeB64: fromBase64 },
    WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: '1' },
    WAWebAdvSignatureApi: {},
    WAWebUserPrefsInfoStore: {
      waNoiseInfo: { get: () => Promise.resolve({ staticKeyPair: { pubKey: fromBase64(keys.noise) } }) },
    },
    WAWebSignalStoreApi: {
      waSignalStore: {
        getRegistrationInfo: () => Promise.resolve({ identityKeyPair: { pubKey: fromBase64(keys.identity) } }),
      },
    },
    WAWebUserPrefsMultiDevice: { getADVSecretKey: () => keys.advSecret },
    WAWebUserPrefsMeUser: { getMaybeMePnUser: () => me.pn, getMaybeMeLidUser: () => me.lid },
    WAWebCollections: { Msg: msgs, Chat: chats, Contact: people },
    WAWebSyncGatingUtils: {},
    WAWebCallCollection: {},
    WALinkify: {
      findLink: (text) => {
        const [first] = (text ?? '').match(LINK) ?? [];
        return first === undefined ? null : linkOf(first);
      },
      findLinks: (text) => ((text ?? '').match(LINK) ?? []).map(linkOf),
    },
    WAWebWidFactory: {
      createWid: (id) => Wid.of(id),
      createWidFromWidLike: (id) => Wid.of(id),
      asUserWidOrThrow: (wid) => Wid.of(wid),
    },
    WAWebMsgKey: MsgKey,
    WAWebChatGetters: {
      getIsNewsletter: ({ id }) => id.server === 'newsletter',
      getIsBroadcast: ({ id }) => id.server === 'broadcast',
    },
    WAWebFindChatAction: { findOrCreateLatestChat: (wid) => Promise.resolve({ chat: chatOf(wid) }) },
    // What there is of before is in the chats from the beginning.
    WAWebChatLoadMessages: { loadEarlierMsgs: () => Promise.resolve([]) },
    WAWebStreamModel: { Stream: { markAvailable() {}, markUnavailable() {} } },
    WAWebUpdateUnreadChatAction: {
      sendSeen: ({ chat }) => bridge.ask({ type: 'seen', chat: chat.id._serialized }),
    },
    WAWebGetEphemeralFieldsMsgActionsUtils: { getEphemeralFields: () => ({}) },
    WAWebSendMsgChatAction: { addAndSendMsgToChat: send },
    WAWebLinkPreviewChatAction: { getLinkPreview: () => Promise.resolve(null) },
    WAWebMsgReply: { canReplyMsg: () => true },
    WAWebApiContact: {
      getCurrentLid: (wid) => people.lidOf(Wid.of(wid)),
      getPhoneNumber: (wid) => people.numberOf(Wid.of(wid)),
    },
    WAWebQueryExistsJob: { queryWidExists: exists },
    WAWebNonMessageDataRequestPlaceholderMessageResendUtils: { handlePlaceholderMsgsSeen() {} },
  };
}
