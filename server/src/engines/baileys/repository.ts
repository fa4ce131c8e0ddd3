/**
 * Baileys' Signal repository with three things changed: its key store is ours, what is decrypted goes by the journal, and whatever
 * reads and writes one ratchet takes its turn under one name, be it addressed by phone number or by LID.
 */
import type { SignalAuthState, SocketConfig } from 'baileys';
import { DEFAULT_CONNECTION_CONFIG } from './library.ts';
import type { Inbound } from './inbound.ts';
import type { KeyStore } from './key-store.ts';

type MakeRepository = SocketConfig['makeSignalRepository'];
type Repository = ReturnType<MakeRepository>;

export function journalingRepository(keys: KeyStore, inbound: Inbound): MakeRepository {
  return (auth, logger, lookUpLids) => {
    useOurKeys(auth, keys);
    const inner = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, lookUpLids);
    const turnOf = async (jid: string) => {
      const address = isPhoneNumber(jid) ? ((await inner.lidMapping.getLIDForPN(jid)) ?? jid) : jid;
      return `ratchet ${inner.jidToSignalProtocolAddress(address)}`;
    };
    const wrapped: Partial<Repository> = {
      decryptMessage: async (args) =>
        inbound.decrypt(args.ciphertext, await turnOf(args.jid), () => inner.decryptMessage(args)),
      // The name of the turn that Baileys' own group functions take in a transaction.
      decryptGroupMessage: (args) =>
        inbound.decrypt(args.msg, `transaction ${args.group}`, () => inner.decryptGroupMessage(args)),
      encryptMessage: async (args) => keys.inTurn(await turnOf(args.jid), () => inner.encryptMessage(args)),
      injectE2ESession: async (args) => keys.inTurn(await turnOf(args.jid), () => inner.injectE2ESession(args)),
    };
    return { ...inner, ...wrapped };
  };
}

/** Every layer of Baileys holds the same object, and calls its functions when it needs them. */
function useOurKeys(auth: SignalAuthState, keys: KeyStore): void {
  Object.assign(auth.keys, keys.forLibrary());
}

function isPhoneNumber(jid: string): boolean {
  return jid.endsWith('@s.whatsapp.net') || jid.endsWith('@hosted');
}
