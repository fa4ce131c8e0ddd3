/** One message, handed to the server. */
import { NotSent, type OpenRequest, type OutgoingMessage, type SendOutcome } from '../../ports/engine.ts';
import type { EvolutionApi } from './api.ts';
import { RemoteFailure } from './client.ts';
import { keep, readKept } from './kept.ts';
import { FileUnreadable } from './upload.ts';

/** What its door lets in as base64 is a third more. */
const LARGEST_FILE = 100_000_000;

export type Sending = {
  name: string;
  message: OutgoingMessage;
  named(waId: string): Promise<void>;
  keptMessage: OpenRequest['keptMessage'];
  now(): number;
  signal: AbortSignal;
};

/** Rejects with `NotSent` where it surely did not leave, and with anything else where that is not known. */
export async function sendBy(
  api: EvolutionApi,
  { name, message, named, keptMessage, now, signal }: Sending,
): Promise<SendOutcome> {
  const { content } = message;
  if (content.type === 'edit' && readKept(await keptMessage(content.target.waId))?.file) {
    return { ok: false, code: 'refused', reason: 'An Evolution server cannot edit what is said of a file.' };
  }
  if ('media' in content && content.media.size > LARGEST_FILE) {
    return { ok: false, code: 'refused', reason: 'An Evolution server takes files of up to 100 MB.' };
  }
  try {
    const sent = await sendTwice(api, name, message, signal);
    if (!sent) {
      const reason =
        content.type === 'contact'
          ? 'An Evolution server sends contacts with a number only.'
          : `An Evolution server cannot be asked for a message of the kind ${content.type}.`;
      return { ok: false, code: 'refused', reason };
    }
    await named(sent.waId);
    const kept = keep({ remoteJid: message.to, fromMe: true, ...('media' in content && { file: true }) });
    return { ok: true, timestamp: sent.timestamp || now(), kept };
  } catch (error) {
    if (error instanceof FileUnreadable) return { ok: false, code: 'media_unavailable', reason: error.message };
    if (!(error instanceof RemoteFailure) || signal.aborted) throw error;
    return refusal(error);
  }
}

/** What one host of files refuses another one takes, and nothing left before. */
async function sendTwice(
  api: EvolutionApi,
  name: string,
  message: OutgoingMessage,
  signal: AbortSignal,
): ReturnType<EvolutionApi['send']> {
  try {
    return await api.send(name, message, signal);
  } catch (error) {
    if (!(error instanceof RemoteFailure && error.message.includes('Media upload failed'))) throw error;
    return api.send(name, message, signal);
  }
}

function refusal(error: RemoteFailure): SendOutcome {
  switch (error.fault) {
    case 'not_on_whatsapp':
      return { ok: false, code: 'recipient_not_on_whatsapp', reason: 'WhatsApp knows no account with this number.' };
    case 'refused':
      return { ok: false, code: 'refused', reason: error.message };
    case 'not_reached':
    case 'not_connected':
    case 'license_required':
    case 'key_refused':
    case 'unknown_instance':
      throw new NotSent(error.message, { cause: error });
    default:
      throw error;
  }
}
