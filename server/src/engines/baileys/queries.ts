/** Questions to WhatsApp's server, each with its limit. */
import type { BinaryNode, WASocket } from 'baileys';
import type { NumberLookUp } from '../../ports/engine.ts';
import { plainJid } from './envelope.ts';
import { S_WHATSAPP_NET, USyncQuery, USyncUser } from './library.ts';
import { withinLimit } from '../within-limit.ts';

const ANSWER_LIMIT_MS = 20_000;
const UNLINK_LIMIT_MS = 5_000;

type Asker = Pick<WASocket, 'query'>;

/** Asks how many of this device's pre-keys are left: only a live login is told. */
export async function probe(socket: Asker): Promise<void> {
  await ask(socket, iq('get', 'encrypt', [{ tag: 'count', attrs: {} }]), ANSWER_LIMIT_MS);
}

/** Resolves when WhatsApp confirmed that this device is unlinked. */
export async function unlink(socket: Asker, jid: string): Promise<void> {
  const request = { tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } };
  await ask(socket, iq('set', 'md', [request]), UNLINK_LIMIT_MS);
}

export async function lookUp(socket: Pick<WASocket, 'executeUSyncQuery'>, phoneNumber: string): Promise<NumberLookUp> {
  const question = new USyncQuery()
    .withContactProtocol()
    .withLIDProtocol()
    .withUser(new USyncUser().withPhone(`+${phoneNumber}`));
  const answer = await withinLimit(socket.executeUSyncQuery(question), ANSWER_LIMIT_MS);
  const found = answer?.list.find(({ contact }) => contact === true);
  if (!answer) throw new Error('WhatsApp did not answer');
  if (!found) return { exists: false, jid: null, lid: null };
  return {
    exists: true,
    jid: plainJid(found.id),
    lid: typeof found.lid === 'string' && found.lid !== '' ? plainJid(found.lid) : null,
  };
}

/** Baileys answers undefined where its own time limit passed. */
async function ask(socket: Asker, node: BinaryNode, limitMs: number): Promise<void> {
  const answer: unknown = await withinLimit(socket.query(node, limitMs), limitMs);
  if (answer === undefined) throw new Error(`WhatsApp did not answer within ${limitMs} ms`);
}

function iq(type: 'get' | 'set', xmlns: string, content: BinaryNode[]): BinaryNode {
  return { tag: 'iq', attrs: { to: S_WHATSAPP_NET, type, xmlns }, content };
}
