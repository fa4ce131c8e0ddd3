/** The engine `baileys`: WhatsApp Web's protocol over a WebSocket, without a browser. */
import type { Capability, Engine, EngineRun, OpenRequest } from '../../ports/engine.ts';
import { DeviceLists } from './device-lists.ts';
import { ended } from './ending.ts';

const capabilities = new Set<Capability>([
  'pairing_code',
  'text',
  'quote',
  'mention',
  'read_receipts',
  'own_message_id',
  'number_lookup',
]);

const devices = new DeviceLists();

export const baileysEngine: Engine = { name: 'baileys', capabilities, open };

/** The library is loaded with the first session: a server that has none does without its 35 MB. */
function open(request: OpenRequest): EngineRun {
  const run = import('./run.ts').then(({ BaileysRun }): EngineRun => new BaileysRun(request, devices));
  run.catch(async (error: unknown) => {
    request.log.error({ error }, 'Baileys could not be loaded');
    await request.emit({ type: 'closed', ending: ended('closed', `Baileys could not be loaded: ${String(error)}`) });
  });
  return {
    requestPairingCode: async (phoneNumber) => (await run).requestPairingCode(phoneNumber),
    send: async (message) => (await run).send(message),
    markRead: async (messages) => (await run).markRead(messages),
    lookUp: async (phoneNumber) => (await run).lookUp(phoneNumber),
    probe: async () => (await run).probe(),
    close: async (how) => (await run).close(how),
  };
}
