/** What we keep of a linked instance, among the credentials of its pairing: they go together. */
import { Account } from '@zapfleet/contract';
import { z } from 'zod';
import { type CredentialStore, CredentialsUnreadable } from '../../ports/credentials.ts';

/** `seenUntil`: what was said until then was told, ms since the epoch. */
const Login = z.object({ name: z.string(), account: Account, seenUntil: z.number() });
export type Login = z.infer<typeof Login>;

const CATEGORY = 'evolution';
const ID = 'login';

export async function readLogin(credentials: CredentialStore): Promise<Login | null> {
  const stored = (await credentials.get(CATEGORY, [ID])).get(ID);
  if (!stored) return null;
  try {
    return Login.parse(JSON.parse(Buffer.from(stored).toString()));
  } catch (error) {
    throw new CredentialsUnreadable('the stored login of an instance is damaged', { cause: error });
  }
}

export async function writeLogin(credentials: CredentialStore, login: Login): Promise<void> {
  await credentials.commit({ put: [{ category: CATEGORY, id: ID, value: Buffer.from(JSON.stringify(login)) }] });
}
