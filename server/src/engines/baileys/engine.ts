/** The engine `baileys`: WhatsApp Web's protocol over a WebSocket, without a browser. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Capability, Engine, EngineRun, EngineStanding, GroupCalls, OpenRequest } from '../../ports/engine.ts';
import { DeviceLists } from './device-lists.ts';
import { ended } from './ending.ts';
import type { BaileysRun } from './run.ts';

const capabilities = new Set<Capability>([
  'pairing_code',
  'text',
  'quote',
  'mention',
  'link_preview',
  'image',
  'video',
  'audio',
  'voice',
  'document',
  'sticker',
  'location',
  'contact',
  'poll',
  'poll_vote',
  'reaction',
  'edit',
  'revoke',
  'forward',
  'view_once',
  'ephemeral',
  'read_receipts',
  'typing',
  'presence',
  'groups',
  'media_download',
  'history',
  'proxy',
  'own_message_id',
  'number_lookup',
]);

const devices = new DeviceLists();

export const baileysEngine: Engine = { name: 'baileys', capabilities, standing, open };

async function standing(): Promise<EngineStanding> {
  const file = createRequire(import.meta.url).resolve('baileys/package.json');
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  return { usable: true, version };
}

/** The library is loaded with the first session: a server that has none does without its 35 MB. */
function open(request: OpenRequest): EngineRun {
  const run = start(request);
  run.catch(async (error: unknown) => {
    request.log.error({ error }, 'A run could not be started');
    await request.emit({ type: 'closed', ending: ended('closed', `the run could not be started: ${String(error)}`) });
  });
  return {
    requestPairingCode: async (phoneNumber) => (await run).requestPairingCode(phoneNumber),
    send: async (message) => (await run).send(message),
    markRead: async (messages) => (await run).markRead(messages),
    media: { download: async (ref, signal) => (await run).media.download(ref, signal) },
    presence: {
      type: async (chat, state) => (await run).presence.type(chat, state),
      subscribe: async (jid) => (await run).presence.subscribe(jid),
      show: async (available) => (await run).presence.show(available),
    },
    groups: groupCalls(async () => (await run).groups),
    lookUp: async (phoneNumber) => (await run).lookUp(phoneNumber),
    probe: async () => (await run).probe(),
    close: async (how) => (await run).close(how),
  };
}

async function start(request: OpenRequest): Promise<BaileysRun> {
  const [{ BaileysRun }, { openRoute }] = await Promise.all([import('./run.ts'), import('./network/route.ts')]);
  const { network, proxy } = request;
  const route = openRoute({ url: network.url, mediaCa: network.mediaCa ?? null, proxy: proxy ?? null });
  return new BaileysRun(request, devices, route);
}

function groupCalls(groups: () => Promise<GroupCalls>): GroupCalls {
  return {
    list: async () => (await groups()).list(),
    get: async (jid) => (await groups()).get(jid),
    create: async (subject, people) => (await groups()).create(subject, people),
    rename: async (jid, subject) => (await groups()).rename(jid, subject),
    describe: async (jid, description) => (await groups()).describe(jid, description),
    configure: async (jid, settings) => (await groups()).configure(jid, settings),
    change: async (jid, action, people) => (await groups()).change(jid, action, people),
    leave: async (jid) => (await groups()).leave(jid),
    inviteCode: async (jid) => (await groups()).inviteCode(jid),
    revokeInvite: async (jid) => (await groups()).revokeInvite(jid),
    join: async (code) => (await groups()).join(code),
  };
}
