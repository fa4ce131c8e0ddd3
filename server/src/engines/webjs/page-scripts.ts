/** What is asked of the page itself, where the library has no call for it. Texts, because they run in the browser. */

/** By this name the page calls us with each state it enters. */
export const STATE_BINDING = 'zapfleetState';

export const PAGE_IS_LOADED = 'window.Debug?.VERSION !== undefined';

/** And by this one when the account's own name arrives or changes. */
export const NAME_BINDING = 'zapfleetName';

/** Tells of the state now and of every later one, and of later names. */
export const WATCH = `(() => {
  const { Socket } = window.require('WAWebSocketModel');
  Socket.on('change:state', (_socket, state) => window.${STATE_BINDING}(state));
  window.${STATE_BINDING}(Socket.state);
  window.require('WAWebConnModel').Conn.on('change:pushname', () => window.${NAME_BINDING}());
})()`;

/** Whether the library's own script is in this document already: an address that changed without a new document needs no second one. */
export const IS_INJECTED = 'window.AuthStore !== undefined';

/** The sync may have ended before the library listened for its end, and then it never says that it is ready. */
export const TELL_SYNCED = `(() => {
  const { Socket } = window.require('WAWebSocketModel');
  if (Socket.hasSynced && typeof window.onAppStateHasSyncedEvent === 'function') window.onAppStateHasSyncedEvent();
})()`;

/** Who is logged in, by number and LID: `{pn, lid, name}`. */
export const WHO_AM_I = `(() => {
  const { getMaybeMePnUser, getMaybeMeLidUser } = window.require('WAWebUserPrefsMeUser');
  const name = window.require('WAWebConnModel').Conn.pushname;
  return {
    pn: getMaybeMePnUser()?._serialized ?? null,
    lid: getMaybeMeLidUser()?._serialized ?? null,
    name: typeof name === 'string' ? name : null,
  };
})()`;

/** Messages that came before the library listened for new ones, oldest first. */
export const NEW_MESSAGES = `window.require('WAWebCollections').Msg.getModelsArray()
  .filter((msg) => msg.isNewMsg && msg.type !== 'ciphertext')
  .map((msg) => window.WWebJS.getMessageModel(msg))
  .sort((one, other) => one.t - other.t)`;

/**
 * Messages that the page had before it was opened now, of chats in which something was said since then (seconds since the epoch), oldest
 * first: `[name in the page, id, time]`.
 */
export function keptMessages(since: number): string {
  return `(async () => {
    const { Chat } = window.require('WAWebCollections');
    const { loadEarlierMsgs } = window.require('WAWebChatLoadMessages');
    const found = [];
    for (const chat of Chat.getModelsArray()) {
      if (!(chat.t >= ${since})) continue;
      const isAllNewer = () => chat.msgs.getModelsArray().every(({ t }) => t >= ${since});
      for (let loads = 0; loads < 20 && isAllNewer(); loads += 1) {
        if (!(await loadEarlierMsgs({ chat }))?.length) break;
      }
      for (const { id, isNewMsg, t, type } of chat.msgs.getModelsArray()) {
        if (t >= ${since} && !isNewMsg && type !== 'ciphertext') found.push([id._serialized, id.id, t]);
      }
    }
    return found.sort((one, other) => one[2] - other[2]);
  })()`;
}

/** One message as the library takes it out of the page; null: it is not there. */
export function messageModel(serialized: string): string {
  return `(() => {
    const msg = window.require('WAWebCollections').Msg.get(${JSON.stringify(serialized)});
    return msg ? window.WWebJS.getMessageModel(msg) : null;
  })()`;
}

/** The library would go on asking for new codes that nobody sees. */
export const NO_MORE_CODES = 'clearInterval(window.codeInterval)';

export const LOG_OUT = `window.require('WAWebSocketModel').Socket.logout().then(() => true)`;

/**
 * Has the page fetch the file of a message, from the hosts or else from the phone that sent it, and answers the stage that it came to in its
 * own words; null: it has no such message. What takes longer than a question may is told as it stands then.
 */
export function fetchFile(serialized: string): string {
  return `(async () => {
    const { Msg } = window.require('WAWebCollections');
    const id = ${JSON.stringify(serialized)};
    const msg = Msg.get(id) ?? (await Msg.getMessagesById([id]))?.messages?.[0];
    if (!msg?.mediaData) return null;
    if (msg.mediaData.mediaStage !== 'RESOLVED') await msg.downloadMedia({ downloadEvenIfExpensive: true, rmrReason: 1 });
    for (let looks = 0; looks < 80 && /FETCHING|REUPLOADING/.test(msg.mediaData.mediaStage); looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return msg.mediaData.mediaStage;
  })()`;
}
