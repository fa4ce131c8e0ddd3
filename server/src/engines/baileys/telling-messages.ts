/** Received messages on their way out of the run: completed with what is known of people, and opened where they were sealed. */
import type { KnownIdentity } from '../../domain/identity.ts';
import { identityBlock } from '../../domain/identity.ts';
import type { EngineContent, EngineMessage } from '../../ports/engine.ts';
import { decodeKept, type Kept } from './content/kept.ts';
import { pollOptions } from './content/poll-options.ts';
import { readUnsealed } from './content/read-about.ts';
import type { ReadContent } from './content/read-content.ts';
import { type Names, type Sealed, unseal } from './content/sealed.ts';
import { bothOf, type Envelope, identityOfMe, isSame } from './envelope.ts';
import type { InboundMessage } from './inbound.ts';
import { completed, completedChat } from './people.ts';
import type { RunContext } from './run-context.ts';

/** Takes its place in the order now. */
export function tellMessage(context: RunContext, { envelope, read, journalKey }: InboundMessage): void {
  const told = context.reporter.tellWhenMade(async (before) => ({
    type: 'message',
    journalKey,
    message: await messageOf(context, envelope, read, before),
  }));
  // What is not in the journal must be stored before WhatsApp hears that it came.
  if (journalKey === null) context.gate.follow(told);
}

export function tellUndecryptable(context: RunContext, envelope: Envelope, reason: string): void {
  const told = context.reporter.tellWhenMade(async () => ({
    type: 'undecryptable',
    message: await outsideOf(context, envelope),
    reason,
  }));
  context.gate.follow(told);
}

/** `before` resolves when what was told earlier is stored. */
export async function messageOf(
  context: RunContext,
  envelope: Envelope,
  { content, ...rest }: ReadContent,
  before: Promise<void>,
): Promise<EngineMessage> {
  const outside = await outsideOf(context, envelope);
  const opened = content.type === 'sealed' ? await open(context, content, outside.sender, before) : content;
  return { ...outside, ...rest, content: opened };
}

async function outsideOf(
  { keys }: RunContext,
  { origin: _, ...outside }: Envelope,
): Promise<Omit<EngineMessage, 'content' | 'quotedWaId'>> {
  return {
    ...outside,
    chat: await completedChat(outside.chat, keys),
    sender: await completed(outside.sender, keys),
  };
}

async function open(
  context: RunContext,
  sealed: Sealed,
  speaker: KnownIdentity,
  before: Promise<void>,
): Promise<EngineContent> {
  const unopened: EngineContent = { type: 'unsupported', kind: kinds[sealed.purpose] };
  const { waId } = sealed.target;
  // It may have come a moment ago.
  const kept = (await keptOf(context, waId)) ?? (await before.then(() => keptOf(context, waId)));
  const secret = kept?.message.messageContextInfo?.messageSecret;
  if (!kept || !secret) return unopened;
  const authors = await namesOf(context, kept);
  const speakers = namesIn(speaker);
  if (sealed.purpose === 'Message Edit' && !authors.some((name) => speakers.includes(name))) return unopened;
  const plaintext = unseal(sealed, secret, authors, speakers);
  return (plaintext && readOpened(sealed, plaintext, kept)) ?? unopened;
}

function readOpened(sealed: Sealed, plaintext: Uint8Array, kept: Kept): EngineContent | null {
  try {
    return readUnsealed(sealed, plaintext, pollOptions(kept.message));
  } catch {
    return null; // it was opened, and is no proto of its kind
  }
}

const kinds: Record<Sealed['purpose'], string> = {
  'Poll Vote': 'pollUpdateMessage',
  'Message Edit': 'secretEncryptedMessage',
  'Enc Reaction': 'encReactionMessage',
};

export async function keptOf({ request }: RunContext, waId: string): Promise<Kept | null> {
  return decodeKept(await request.keptMessage(waId));
}

async function namesOf({ keys, me }: RunContext, { key: { sender, fromMe } }: Kept): Promise<Names> {
  const account = me();
  const isMine = fromMe || (account && isSame(sender, account));
  const names = namesIn(isMine && account ? identityOfMe(account) : await completed(bothOf(sender, []), keys));
  return names.includes(sender) ? names : [sender, ...names];
}

/** By LID first, as nearly everything is today. */
function namesIn(identity: KnownIdentity): Names {
  const { lid, phoneNumber } = identity;
  return [...(lid ? [lid] : []), ...(phoneNumber ? [identityBlock({ phoneNumber, lid: null }).jid] : [])];
}
