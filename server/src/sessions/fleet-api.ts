/** What the rest of the server may ask of the sessions. Implemented by fleet.ts. */
import type {
  CleanupProgress,
  EngineInfo,
  EngineName,
  Ignore,
  NetworkName,
  Receipt,
  SessionId,
  SessionStateName,
  TenantId,
} from '@zapfleet/contract';
import type { SessionRecord, SessionSettings } from '../domain/session.ts';
import type { Capability, RemoteServer } from '../ports/engine.ts';
import type { Change } from '../ports/store.ts';

export type NewSession = {
  tenantId: TenantId;
  name: string;
  engine: EngineName;
  network: NetworkName;
  timeZone: string;
  settings: SessionSettings;
  /** Its address with the password; null: none. */
  proxy?: string | null;
  /** Its own, for an engine that needs one. */
  server?: RemoteServer | null;
  start: boolean;
};

/** `proxy` with its password; null: none from now on. */
export type SettingsPatch = Partial<Omit<SessionSettings, 'proxy'>> & { timeZone?: string; proxy?: string | null };

/** `done: false`: it took longer than was waited for and goes on by itself, also after a restart. */
export type TeardownAnswer = { done: boolean; receipt: Receipt };

/** `tenantId: null`: the whole installation. */
export type CleanupScope = { tenantId: TenantId | null; states: readonly SessionStateName[] | null };

/** A QR code that is on show now; only in memory. `expiresAt` in ms since the epoch. */
export type LiveQr = { qr: string; attempt: number; expiresAt: number };

/** How many sessions are alike in these, and how many of them are connected but do not answer. */
export type SessionCount = {
  tenantId: TenantId;
  state: SessionStateName;
  engine: EngineName;
  network: NetworkName;
  count: number;
  degraded: number;
};

export type Fleet = {
  readonly defaults: { engine: EngineName; network: NetworkName; timeZone: string; ignore: Ignore };
  /** What each engine can do, and whether it can do it here. */
  engines(): Promise<EngineInfo[]>;
  capabilities(engine: EngineName): Capability[];
  /**
   * `also` is what belongs into the same commit. `not_supported_by_engine` says what is missing here and what helps. Throws `session_name_taken`, `tenant_not_found`, `tenant_suspended`, `quota_exceeded`,
   * `not_supported_by_engine`, `sandbox_unavailable`.
   */
  create(session: NewSession, also?: (id: SessionId) => Change): Promise<SessionRecord>;
  patch(id: SessionId, patch: SettingsPatch): Promise<SessionRecord>;
  /** The three verbs resolve when the new state is stored, with the record of that moment. Idempotent. Start and restart throw `tenant_suspended`. */
  start(id: SessionId): Promise<SessionRecord>;
  stop(id: SessionId): Promise<SessionRecord>;
  restart(id: SessionId): Promise<SessionRecord>;
  /** The code on show, or null. */
  qr(id: SessionId): LiveQr | null;
  /** The code on show, or the next one within `ms`; null when none came or the session cannot show one any more. */
  waitForQr(id: SessionId, ms: number, signal: AbortSignal): Promise<LiveQr | null>;
  /** Throws `pairing_code_unavailable`, `not_supported_by_engine`, `whatsapp_unavailable`, `validation_failed`. */
  requestPairingCode(id: SessionId, phoneNumber: string): Promise<{ code: string; expiresAt: number }>;
  /** Asks WhatsApp to unlink the device and wipes the credentials; the configuration stays. Waits for the end, at most some 35 s. Throws `session_not_found`, `session_busy`. */
  logout(id: SessionId): Promise<Receipt>;
  /** Removes the session; its name is free at once. Waits at most `waitMs`. Idempotent: a session that is gone answers its receipt. Throws `session_not_found`. */
  remove(id: SessionId, tenantId: TenantId | null, waitMs: number): Promise<TeardownAnswer>;
  /** The last receipt, also of a session that is gone; null when there is none. `tenantId: null` looks everywhere. */
  receipt(id: SessionId, tenantId: TenantId | null): Promise<TeardownAnswer | null>;
  /** Deletes all sessions of the scope. Waits at most `waitMs`; `result` is null while it goes on. */
  cleanup(scope: CleanupScope, waitMs: number): Promise<CleanupProgress>;
  /** What a cleanup of the scope would delete. */
  cleanupPreview(scope: CleanupScope): Promise<readonly SessionRecord[]>;
  /** null when there is none with this id in the tenant (`tenantId: null`: anywhere). */
  cleanupProgress(id: string, tenantId: TenantId | null): Promise<CleanupProgress | null>;
  /** Stops the sessions of a suspended tenant; nothing is deleted. */
  suspend(tenantId: TenantId): Promise<void>;
  /** Those that ran when the tenant was suspended run again. */
  resume(tenantId: TenantId): Promise<void>;
  /** Looks for what belongs to no session any more, tells of it and removes what is ours. Answers how many were removed. */
  reconcile(): Promise<number>;
  /** For metrics: the sessions of this process that run or ran. */
  counts(): SessionCount[];
};
