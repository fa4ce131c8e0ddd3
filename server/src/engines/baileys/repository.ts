/**
 * Baileys' Signal repository with a few things changed: its key store is ours, what is decrypted goes by the journal and so do the keys of
 * groups, a session that works is not replaced, and whatever reads and writes one ratchet takes its turn under one name, be it addressed by phone number or by LID.
 */
import type { SocketConfig } from 'baileys';
import { ExpiringMap } from './expiring-map.ts';
import { DEFAULT_CONNECTION_CONFIG } from './library.ts';
import type { Inbound } from './inbound.ts';
import type { KeyStore } from './key-store.ts';
import type { SessionRenewal } from './session-renewal.ts';

const TEN_MINUTES_MS = 600_000;

type MakeRepository = SocketConfig['makeSignalRepository'];
type Repository = ReturnType<MakeRepository>;

export function journalingRepository(keys: KeyStore, inbound: Inbound, renewal: SessionRenewal): MakeRepository {
  return (auth, logger, lookUpLids) => {
    // Every layer of Baileys holds the same object, and calls its functions when it needs them.
    Object.assign(auth.keys, keys.forLibrary());
    const inner = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, lookUpLids);
    useLightCache(inner.lidMapping);
    const addressOf = async (jid: string) =>
      inner.jidToSignalProtocolAddress(isPhoneNumber(jid) ? ((await inner.lidMapping.getLIDForPN(jid)) ?? jid) : jid);
    const turnOf = async (jid: string) => `ratchet ${await addressOf(jid)}`;
    const wrapped: Partial<Repository> = {
      decryptMessage: async (args) =>
        inbound.decrypt(args.ciphertext, {
          turn: await turnOf(args.jid),
          work: () => inner.decryptMessage(args),
          adoptGroupKey: (authorJid, item) => inner.processSenderKeyDistributionMessage({ authorJid, item }),
        }),
      // The name of the turn that Baileys' own group functions take in a transaction. What a group hears brings no keys of groups: they
      // come under a ratchet between two.
      decryptGroupMessage: (args) =>
        inbound.decrypt(args.msg, {
          turn: `transaction ${args.group}`,
          work: () => inner.decryptGroupMessage(args),
        }),
      // It was taken in the commit of the ratchet that it came under.
      processSenderKeyDistributionMessage: () => Promise.resolve(),
      encryptMessage: async (args) => keys.inTurn(await turnOf(args.jid), () => inner.encryptMessage(args)),
      injectE2ESession: async (args) => {
        const address = await addressOf(args.jid);
        await keys.inTurn(`ratchet ${address}`, async () => {
          if (await renewal.isWanted(address, args.session.identityKey, addressOf)) await inner.injectE2ESession(args);
        });
      },
    };
    return { ...inner, ...wrapped };
  };
}

/** Baileys' own cache sets a timer of three days for every person, and those set while a socket ends stay behind. */
function useLightCache(lidMapping: Repository['lidMapping']): void {
  if (!Reflect.has(lidMapping, 'mappingCache')) throw new Error('this version of Baileys keeps its LIDs elsewhere');
  Reflect.set(lidMapping, 'mappingCache', new ExpiringMap(TEN_MINUTES_MS));
}

function isPhoneNumber(jid: string): boolean {
  return jid.endsWith('@s.whatsapp.net') || jid.endsWith('@hosted');
}
