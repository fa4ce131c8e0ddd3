/** The session that is there from the start, and its QR code in the terminal. */
import type { SessionId } from '@zapfleet/contract';
import { defaultTenantId } from './domain/tenant.ts';
import type { EventLog } from './ports/event-log.ts';
import type { Log } from './ports/log.ts';
import type { Store } from './ports/store.ts';
import type { Fleet } from './sessions/fleet-api.ts';

export type DefaultSessionParts = { store: Store; events: EventLog; fleet: Fleet; log: Log; write(text: string): void };

/** Makes sure that a session of this name exists and runs; draws its QR codes until the signal. */
export async function runDefaultSession(name: string, parts: DefaultSessionParts, signal: AbortSignal): Promise<void> {
  const { store, events, fleet, log } = parts;
  const from = events.last();
  const known = await store.sessions.byName(defaultTenantId, name);
  const { engine, network, timeZone } = fleet.defaults;
  const settings = { label: null, ignore: {}, metadata: {}, autoCleanupOnLogout: null };
  const session = known
    ? await fleet.start(known.id)
    : await fleet.create({ tenantId: defaultTenantId, name, engine, network, timeZone, settings, start: true });
  drawQrCodes(session.id, name, from, parts, signal).catch((error: unknown) => {
    log.error({ error }, 'The QR code could not be drawn');
  });
}

async function drawQrCodes(
  id: SessionId,
  name: string,
  from: number,
  { events, fleet, write }: DefaultSessionParts,
  signal: AbortSignal,
): Promise<void> {
  const { default: qrcode } = await import('qrcode');
  const filter = { tenantId: null, sessionId: id, types: new Set(['session.qr', 'session.connected'] as const) };
  const first = fleet.qr(id);
  if (first) write(await drawing(first.qr, first.attempt));
  for await (const batch of events.follow(from, filter, signal)) {
    for (const { type } of batch) {
      const shown = fleet.qr(id);
      if (type === 'session.connected') write(`Session "${name}" is connected.\n`);
      else if (shown && shown.qr !== first?.qr) write(await drawing(shown.qr, shown.attempt));
    }
  }

  async function drawing(qr: string, attempt: number): Promise<string> {
    const picture = await qrcode.toString(qr, { type: 'terminal', small: true, errorCorrectionLevel: 'L' });
    return `\nScan with WhatsApp to link session "${name}" (code ${attempt}):\n${picture}\n`;
  }
}
