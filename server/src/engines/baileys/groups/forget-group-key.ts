/** Somebody left a group: what is written there from now on is encrypted with a key that they never had. */
import { plainJid } from '../envelope.ts';
import type { RunContext } from '../run-context.ts';
import { groupKeyName } from './group-key.ts';

export async function forgetGroupKey({ keys, socket, me, request }: RunContext, jid: string): Promise<void> {
  const account = me();
  if (!account) return;
  try {
    const { jidToSignalProtocolAddress } = socket().signalRepository;
    const names = [account.jid, account.lid].flatMap((name) => (name ? [jidToSignalProtocolAddress(name)] : []));
    const senderKeys = names.map((address) => groupKeyName(jid, address));
    const library = keys.forLibrary();
    // The transaction that a message is sent in: none is encrypted meanwhile.
    await library.transaction(async () => {
      await library.set({
        'sender-key': Object.fromEntries(senderKeys.map((name) => [name, null])),
        'sender-key-memory': { [jid]: null },
      });
    }, account.jid);
  } catch (error) {
    request.log.warn({ jid: plainJid(jid), reason: String(error) }, 'The key of a group could not be replaced');
  }
}
