/** Whose account an instance is linked to, and whether it is really online. */
import type { Account } from '@zapfleet/contract';
import { identityOf, type KnownIdentity } from '../../domain/identity.ts';
import type { EvolutionApi } from './api.ts';
import { RemoteFailure } from './client.ts';

/** `before`: what was known of it. Rejects with `RemoteFailure` where the server does not say. */
export async function readAccount(api: EvolutionApi, name: string, before: Account | null): Promise<Account> {
  const instance = await api.find(name);
  if (!instance) throw new RemoteFailure('unknown_instance', 'The Evolution server has no instance of this name.');
  const { phoneNumber } = identityOf(instance.ownerJid ?? '');
  if (phoneNumber === null) {
    throw new RemoteFailure('not_json', 'The Evolution server does not say whose account it is.');
  }
  const pushName = instance.profileName ?? before?.pushName ?? null;
  return { phoneNumber, jid: `${phoneNumber}@s.whatsapp.net`, lid: before?.lid ?? null, pushName };
}

/** What the account is called, as far as it is known. */
export function namesOf(account: Account | null): KnownIdentity {
  const { phoneNumber = '', lid = null } = account ?? {};
  return { ...identityOf(`${phoneNumber}@s.whatsapp.net`), lid: identityOf(lid ?? '').lid };
}

/** A query that only a live login can answer. Rejects with `RemoteFailure`. */
export async function prove(api: EvolutionApi, name: string, phoneNumber: string, signal: AbortSignal): Promise<void> {
  const { exists } = await api.lookUp(name, phoneNumber, signal);
  if (!exists) throw new RemoteFailure('not_json', 'The Evolution server does not find the number of the account.');
}

/** What the server says of it, after a moment. */
export async function isOpen(api: EvolutionApi, name: string, pause: (ms: number) => Promise<void>): Promise<boolean> {
  await pause(500);
  return (await api.state(name)) === 'open';
}
