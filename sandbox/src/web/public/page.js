// The stand-in page: it has the state and the modules of WhatsApp Web that a client library uses, and the network behind them is the sandbox's.
import { Bridge } from './bridge.js';
import { Collection, Emitter, Model, MsgKey, Wid } from './models.js';
import { pageModules } from './modules.js';

const RECONNECT_MS = 500;

const bridge = new Bridge();
const socket = new Model({ state: 'OPENING', hasSynced: false });
const conn = new Model({ ref: undefined, pushname: undefined, platform: 'android' });
const cmd = new Emitter();
const msgs = new Collection();
const chats = new Collection();
const me = { pn: null, lid: null };
const keys = { noise: '', identity: '', advSecret: '' };

/** Who has which LID. */
class People extends Collection {
  #numbers = new Map();
  #lids = new Map();

  know(pn, lid) {
    this.#numbers.set(lid, Wid.of(pn));
    this.#lids.set(pn, Wid.of(lid));
  }

  lidOf(wid) {
    return this.#lids.get(wid._serialized);
  }

  numberOf(wid) {
    return this.#numbers.get(wid._serialized);
  }
}
const people = new People();

class Chat extends Model {
  get msgs() {
    const own = () => msgs.getModelsArray().filter(({ id }) => id.remote._serialized === this.id._serialized);
    return { getModelsArray: own };
  }

  /** When something was said last, in seconds. */
  get t() {
    return Math.max(0, ...this.msgs.getModelsArray().map(({ t }) => t));
  }
}

function chatOf(from) {
  const id = Wid.of(from);
  return chats.get(id) ?? chats.add(new Chat({ id, unreadCount: 0, formattedTitle: id.user }));
}

function keyOf({ id, fromMe, remote, author }) {
  return new MsgKey({ id, fromMe, remote: Wid.of(remote), participant: author && Wid.of(author) });
}

class Msg extends Model {
  unsafe() {
    return this;
  }

  msgContextInfo() {
    return {
      quotedStanzaID: this.id.id,
      quotedParticipant: this.author ?? this.from,
      quotedMsg: { type: this.type, body: this.body },
    };
  }

  /** How it went is told by the stage. */
  async downloadMedia() {
    this.mediaData.mediaStage = 'FETCHING';
    this.mediaData.mediaStage = await modules.WAWebDownloadManager.fetchAhead(this.directPath);
  }
}
msgs.modelClass = Msg;
msgs.getMessagesById = async (ids) => {
  const found = await Promise.all(ids.map((id) => find(id)));
  return { messages: found.filter((one) => one !== null) };
};

/** A message of before, from what the network keeps for this page. */
async function find(serialized) {
  const [, , id] = serialized.split('_');
  const told = await bridge.ask({ type: 'message', id });
  return told === null ? null : msgOf(told, false);
}

function msgOf(told, isNewMsg) {
  const { id, fromMe, remote, author, media, ...fields } = told;
  const key = keyOf(told);
  const chat = chatOf(remote).id;
  const own = chat.isLid() ? me.lid : me.pn;
  return new Msg({
    ...fields,
    id: key,
    isNewMsg,
    from: fromMe ? own : chat,
    to: fromMe ? chat : own,
    ...(author && { author: Wid.of(author) }),
    ...(media && {
      ...media,
      ...(media.waveform && { waveform: Uint8Array.from(media.waveform) }),
      directPath: `/stand-in/media/${id}`,
      mediaData: { mediaStage: 'PENDING', type: fields.type },
      mediaKey: '',
    }),
  });
}

/** The message is there at once; the second promise is the server's answer. */
function send(chat, message) {
  const msg = msgs.add(new Msg(message));
  const sent = bridge
    .ask({
      type: 'send',
      id: msg.id.id,
      to: chat.id._serialized,
      content: {
        text: (message.directPath ? message.caption : message.body) ?? '',
        mentions: (message.mentionedJidList ?? []).map(String),
        quotedId: message.quotedStanzaID ?? null,
        media: message.directPath
          ? {
              file: message.directPath.split('/').pop(),
              filename: message.type === 'document' ? message.filename : null,
              width: message.width ?? null,
              height: message.height ?? null,
              duration: message.duration ?? null,
              waveform: message.waveform ? [...message.waveform] : null,
              gif: message.isGif === true,
            }
          : null,
      },
    })
    .then(
      ({ t }) => {
        if (msg.ack < 1) msg.set({ ack: 1, t });
        return { messageSendResult: 'OK', t };
      },
      () => {
        msg.set({ ack: -1 });
        return { messageSendResult: 'ERROR_UNKNOWN' };
      },
    );
  return [Promise.resolve(msg), sent];
}

socket.logout = () => bridge.ask({ type: 'logout' });
cmd.refreshQR = () => bridge.tell({ type: 'refreshQr' });

const modules = pageModules({ bridge, socket, cmd, conn, msgs, chats, people, me, keys, send, chatOf });
window.require = (name) => {
  const found = modules[name];
  if (!found) throw new Error(`Requiring unknown module "${name}".`);
  return found;
};
window.Debug = { VERSION: '2.3000.1017054665' };

async function leave() {
  cmd.trigger('logout');
  await bridge.forgetLogin();
  location.assign('/?post_logout=1');
}

function hear(told) {
  switch (told.type) {
    case 'state':
      socket.set({ state: told.state });
      break;
    case 'qr': {
      const [noise = '', identity = '', advSecret = ''] = told.keys;
      Object.assign(keys, { noise, identity, advSecret });
      conn.set({ ref: told.reference });
      break;
    }
    case 'me':
      me.pn = Wid.of(told.pn);
      me.lid = told.lid && Wid.of(told.lid);
      conn.set({ pushname: told.name ?? undefined });
      break;
    case 'contact':
      people.know(told.pn, told.lid);
      break;
    case 'synced':
      socket.set({ hasSynced: true });
      break;
    case 'kept':
      for (const message of told.messages) if (!msgs.get(keyOf(message))) msgs.add(msgOf(message, false));
      break;
    case 'message':
      if (!msgs.get(keyOf(told.message))) msgs.add(msgOf(told.message, true));
      break;
    case 'ack': {
      const msg = msgs.getModelsArray().find(({ id }) => id.id === told.id);
      if (msg && told.ack > msg.ack) msg.set({ ack: told.ack });
      break;
    }
    case 'loggedOut':
      void leave();
      break;
  }
}

function connect() {
  bridge.open(hear, () => {
    socket.set({ state: 'TIMEOUT' });
    setTimeout(connect, RECONNECT_MS);
  });
}
connect();
