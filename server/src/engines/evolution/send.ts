/** One message, handed to the server. */
import { NotSent, type OutgoingMessage, type SendOutcome } from '../../ports/engine.ts';
import type { EvolutionApi } from './api.ts';
import { RemoteFailure } from './client.ts';
import { keep } from './kept.ts';

export type Sending = {
  name: string;
  message: OutgoingMessage;
  named(waId: string): Promise<void>;
  now(): number;
  signal: AbortSignal;
};

/** Rejects with `NotSent` where it surely did not leave, and with anything else where that is not known. */
export async function sendBy(api: EvolutionApi, { name, message, named, now, signal }: Sending): Promise<SendOutcome> {
  try {
    const sent = await api.send(name, message, signal);
    if (!sent) {
      const reason = `An Evolution server cannot be asked for a message of the kind ${message.content.type}.`;
      return { ok: false, code: 'refused', reason };
    }
    await named(sent.waId);
    return { ok: true, timestamp: sent.timestamp || now(), kept: keep({ remoteJid: message.to, fromMe: true }) };
  } catch (error) {
    if (!(error instanceof RemoteFailure) || signal.aborted) throw error;
    return refusal(error);
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
