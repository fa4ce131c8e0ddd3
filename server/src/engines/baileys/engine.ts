/** The engine `baileys`: WhatsApp Web's protocol over a WebSocket, without a browser. */
import type { Capability, Engine } from '../../ports/engine.ts';
import { DeviceLists } from './device-lists.ts';
import { BaileysRun } from './run.ts';

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

export const baileysEngine: Engine = {
  name: 'baileys',
  capabilities,
  open: (request) => new BaileysRun(request, devices),
};
