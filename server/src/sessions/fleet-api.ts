/** What the rest of the server may ask of the sessions. Implemented by fleet.ts. */
import type { EngineName, Ignore, NetworkName, SessionId, TenantId } from '@zapfleet/contract';
import type { SessionRecord, SessionSettings } from '../domain/session.ts';
import type { Capability } from '../ports/engine.ts';

export type NewSession = {
  tenantId: TenantId;
  name: string;
  engine: EngineName;
  network: NetworkName;
  timeZone: string;
  settings: SessionSettings;
  start: boolean;
};

export type SettingsPatch = Partial<SessionSettings> & { timeZone?: string };

/** A QR code that is on show now; only in memory. `expiresAt` in ms since the epoch. */
export type LiveQr = { qr: string; attempt: number; expiresAt: number };

export type Fleet = {
  readonly defaults: { engine: EngineName; network: NetworkName; timeZone: string; ignore: Ignore };
  engines(): { engine: EngineName; capabilities: Capability[] }[];
  capabilities(engine: EngineName): Capability[];
  /** Throws `session_name_taken`, `tenant_not_found`, `not_supported_by_engine`, `sandbox_unavailable`. */
  create(session: NewSession): Promise<SessionRecord>;
  patch(id: SessionId, patch: SettingsPatch): Promise<SessionRecord>;
  /** The three verbs resolve when the new state is stored, with the record of that moment. Idempotent. */
  start(id: SessionId): Promise<SessionRecord>;
  stop(id: SessionId): Promise<SessionRecord>;
  restart(id: SessionId): Promise<SessionRecord>;
  /** The code on show, or null. */
  qr(id: SessionId): LiveQr | null;
  /** The code on show, or the next one within `ms`; null when none came or the session cannot show one any more. */
  waitForQr(id: SessionId, ms: number, signal: AbortSignal): Promise<LiveQr | null>;
  /** Throws `pairing_code_unavailable`, `not_supported_by_engine`, `whatsapp_unavailable`, `validation_failed`. */
  requestPairingCode(id: SessionId, phoneNumber: string): Promise<{ code: string; expiresAt: number }>;
};
