/** What is sent: the bytes that every channel sends, and to who names it, the QR code that no channel stores. */
import type { SessionId } from '@zapfleet/contract';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { Job } from './job.ts';

/** In ms since the epoch. */
type LiveQr = { qr: string; attempt: number; expiresAt: number };

export type QrParts = {
  /** The code that a session shows now. */
  liveQr(id: SessionId): LiveQr | null;
  /** The code as a picture, a data URL. */
  qrPicture(qr: string): string;
};

export function bodyOf(webhook: WebhookRecord, job: Job, { liveQr, qrPicture }: QrParts, now: number): string {
  const { type, sessionId, json } = job;
  if (type !== 'session.qr' || sessionId === null || !webhook.events.includes('session.qr')) return json;
  const shown = liveQr(sessionId);
  if (!shown || shown.expiresAt <= now) return json;
  const event = JSON.parse(json) as { data: { attempt: number } };
  if (event.data.attempt !== shown.attempt) return json;
  return JSON.stringify({ ...event, data: { ...event.data, qr: shown.qr, png: qrPicture(shown.qr) } });
}
