/** The session, its states and its settings. */
import { z } from 'zod';
import { Metadata, Time, TimeZone } from './fields.ts';
import { idSchema } from './ids.ts';

export const engineNames = ['baileys', 'webjs', 'evolution'] as const;
export const EngineName = z.enum(engineNames);
export type EngineName = z.infer<typeof EngineName>;

export const NetworkName = z.enum(['whatsapp', 'sandbox']);
export type NetworkName = z.infer<typeof NetworkName>;

export const sessionStateNames = [
  'stopped',
  'connecting',
  'linking',
  'connected',
  'waiting',
  'logged_out',
  'failed',
  'deleting',
] as const;
export const SessionStateName = z.enum(sessionStateNames).meta({
  id: 'SessionStateName',
  description:
    'stopped: not running · connecting: an engine run is opening · linking: waits for a scan or a pairing code · ' +
    'connected: logged in and one query was answered · waiting: dropped, reconnects by itself at `retryAt` · ' +
    'logged_out: WhatsApp unlinked this device · failed: a person must act, `cause` says why · deleting: will finish, also after a restart',
});
export type SessionStateName = z.infer<typeof SessionStateName>;

export const causes = [
  'restart_required',
  'logged_out',
  'logged_out_by_user',
  'pairing_rejected',
  'passkey_required',
  'banned_until',
  'banned',
  'client_outdated',
  'multidevice_mismatch',
  'replaced',
  'link_expired',
  'connection_lost',
  'unknown',
  'credentials_corrupted',
  'untrusted_server',
  'display_missing',
  'open_timeout',
  'remote_unreachable',
  'remote_answer_invalid',
  'remote_license_required',
  'remote_key_refused',
  'remote_refused',
  'remote_instance_lost',
  'unavailable',
  'stopped_by_user',
  'restarted_by_user',
] as const;
export const Cause = z
  .object({
    code: z.enum(causes),
    message: z.string().meta({ description: 'In plain words: what happened and what helps' }),
    raw: z
      .string()
      .nullable()
      .meta({ description: "WhatsApp's or the library's own code or text, where there was one" }),
    until: Time.nullable().meta({ description: 'The end of a temporary ban' }),
  })
  .meta({ id: 'Cause' });
export type Cause = z.infer<typeof Cause>;
export type CauseCode = (typeof causes)[number];

export const Health = z
  .object({ status: z.enum(['ok', 'degraded']), cause: z.string().nullable() })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;

export const Account = z
  .object({
    phoneNumber: z.string().meta({ description: 'Digits without "+"' }),
    jid: z.string(),
    lid: z.string().nullable(),
    pushName: z.string().nullable(),
  })
  .meta({ id: 'Account' });
export type Account = z.infer<typeof Account>;

export const Ignore = z
  .object({ groups: z.boolean(), status: z.boolean(), newsletters: z.boolean() })
  .meta({ id: 'Ignore', description: 'Traffic that is received but not passed on' });
export type Ignore = z.infer<typeof Ignore>;

export const Warmup = z.object({ startPerDay: z.number().int().min(1), days: z.number().int().min(2).max(365) }).meta({
  id: 'Warmup',
  description:
    'For numbers that are new: the daily limit is `startPerDay` on the day the phone is linked and rises evenly to `perDay` on day `days`; `perDayNewChats` rises in the same proportion, from no less than one',
});

const delay = z.number().int().min(0).max(3_600_000).nullable();
const limits = {
  perMinute: z.number().int().min(1).max(10_000).nullable().meta({
    description: 'More than that wait for their minute: they are accepted and leave later',
  }),
  perDay: z.number().int().min(1).max(1_000_000).nullable().meta({
    description:
      "Messages that are accepted for a day, from midnight to midnight of the session's time zone, whatever becomes of them; reactions, votes, edits and revokes do not count",
  }),
  perDayNewChats: z.number().int().min(0).max(1_000_000).nullable().meta({
    description: 'Of these, messages to people with whom this account never exchanged one, in either direction',
  }),
  minDelayMs: delay.meta({ description: 'Between two messages of the session: at least so long' }),
  maxDelayMs: delay.meta({ description: 'At most so long; how long is drawn at random each time' }),
  warmup: Warmup.nullable(),
};

export const Limits = z.object(limits).meta({ id: 'Limits', description: 'null: no limit' });
export type Limits = z.infer<typeof Limits>;

export const SetLimits = z
  .strictObject({ ...limits, warmup: Warmup.strict().nullable() })
  .partial()
  .meta({ id: 'SetLimits', description: 'null: no limit; what is not named stays' });
export type SetLimits = z.infer<typeof SetLimits>;

export const Restriction = z
  .object({
    scope: z.enum(['new_chats', 'all']).meta({
      description: 'new_chats: no message to people with whom none was exchanged yet; replies go on · all: no message',
    }),
    since: Time,
    until: Time.nullable().meta({
      description: 'null: WhatsApp does not say; it is tried again 24 h after the last sign of it',
    }),
    reason: z.string(),
  })
  .meta({ id: 'Restriction', description: 'What WhatsApp itself forbids this account for a time' });
export type Restriction = z.infer<typeof Restriction>;

export const Session = z
  .object({
    id: idSchema('ses'),
    name: z.string(),
    label: z.string().nullable(),
    tenantId: idSchema('ten'),
    engine: EngineName,
    network: NetworkName,
    timeZone: z.string(),
    desired: z.enum(['running', 'stopped']).meta({ description: 'What people asked for' }),
    state: SessionStateName,
    stateSince: Time.meta({ description: 'When this state began' }),
    cause: Cause.nullable(),
    health: Health.nullable().meta({ description: 'Only while connected' }),
    linked: z.boolean().meta({ description: 'Whether credentials of a phone are stored' }),
    account: Account.nullable(),
    limits: Limits,
    restriction: Restriction.nullable(),
    ignore: Ignore,
    autoCleanupOnLogout: z.boolean().nullable().meta({ description: 'null: as the server is configured' }),
    commands: z
      .object({ enabled: z.boolean().nullable(), prefix: z.string().nullable(), groups: z.boolean().nullable() })
      .meta({ description: 'Chat commands; `groups`: in groups too. null: as the server is configured' }),
    headless: z
      .boolean()
      .nullable()
      .meta({ description: 'Engine webjs: whether its browser has no window. null: as the server is configured' }),
    proxy: z.string().nullable().meta({ description: 'Its password is not shown' }),
    metadata: Metadata,
    retryAt: Time.nullable().meta({ description: 'While waiting: the next attempt' }),
    attempt: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'While waiting: the number of the next attempt; while linking: of the QR code' }),
    createdAt: Time,
    updatedAt: Time,
    connectedAt: Time.nullable(),
    nodeId: z.string().nullable(),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;

export const SessionStatus = z
  .object({
    id: idSchema('ses'),
    name: z.string(),
    state: SessionStateName,
    ready: z.boolean().meta({ description: 'Whether a message sent now would leave now' }),
    cause: Cause.nullable(),
    health: Health.nullable(),
    since: Time.meta({ description: 'When this state began' }),
    retryAt: Time.optional(),
    account: Account.optional(),
    restriction: Restriction.optional(),
    lastInboundAt: Time.nullable(),
    lastOutboundAt: Time.nullable(),
  })
  .meta({ id: 'SessionStatus' });
export type SessionStatus = z.infer<typeof SessionStatus>;

export const CommandPrefix = z
  .string()
  .regex(/^\S{1,5}$/u, 'must be 1 to 5 characters without spaces')
  .meta({ description: 'What a chat command begins with', examples: ['!'] });

const commands = z
  .strictObject({
    enabled: z.boolean().nullable().optional(),
    prefix: CommandPrefix.nullable().optional(),
    groups: z.boolean().nullable().optional(),
  })
  .meta({
    description:
      'Whether texts such as `!ping`, `!help` and `!info` are answered, with `groups` in groups too; null: as the server is configured',
  });

const Proxy = z
  .string()
  .max(2048)
  .regex(/^(?:https?|socks5):\/\/[^\s/?#]+\/?$/, 'must be an address such as socks5://user:password@host:1080')
  .nullable()
  .meta({
    description:
      'http, https or socks5, with user and password where it wants them. The only way out of this session, for messages and for media: it never ' +
      'connects without it. A change counts from the next connection on. null: none',
    examples: ['socks5://user:password@proxy.example:1080'],
  });

const label = z.string().trim().max(200).nullable();
/** What `POST` and `PATCH /sessions` take alike. */
export const sessionSettings = {
  label: label.optional(),
  autoCleanupOnLogout: z
    .boolean()
    .nullable()
    .optional()
    .meta({ description: 'Whether a logout by WhatsApp removes the session; null: as the server is configured' }),
  timeZone: TimeZone.optional(),
  limits: SetLimits.optional(),
  ignore: Ignore.partial().optional(),
  commands: commands.optional(),
  headless: z.boolean().nullable().optional().meta({
    description:
      'Engine webjs: whether its browser runs without a window, from its next start on; null: as the server is configured',
  }),
  proxy: Proxy.optional(),
  metadata: Metadata.optional(),
};

export const PatchSession = z
  .strictObject({
    ...sessionSettings,
    timeZone: TimeZone.nullable().optional(),
    limits: SetLimits.nullable().optional(),
    ignore: Ignore.partial().nullable().optional(),
    commands: commands.nullable().optional(),
    metadata: Metadata.nullable().optional(),
  })
  .meta({ id: 'PatchSession', description: '`null` clears a setting' });
export type PatchSession = z.infer<typeof PatchSession>;

export const Qr = z
  .object({
    qr: z.string().meta({ description: 'What the QR code says; shown as a QR code it is scanned by the phone' }),
    png: z.string().meta({ description: 'The QR code as a picture, a data URL' }),
    attempt: z.number().int(),
    expiresAt: Time,
  })
  .meta({ id: 'Qr' });
export type Qr = z.infer<typeof Qr>;

export const PairingCode = z
  .object({ code: z.string().meta({ examples: ['ABCD-1234'] }), expiresAt: Time })
  .meta({ id: 'PairingCode' });

export const EngineInfo = z
  .object({
    engine: EngineName,
    usable: z.boolean().meta({ description: 'Whether sessions of it can be created here now' }),
    version: z.string().nullable().meta({ description: 'Of what carries its sessions, where it is known' }),
    missing: z.string().nullable().meta({ description: 'What is not here, where it is not usable' }),
    help: z.string().nullable().meta({ description: 'What to do about it' }),
    capabilities: z.array(z.string()).meta({ description: 'What it can do; anything else is answered 501' }),
  })
  .meta({ id: 'EngineInfo' });
export type EngineInfo = z.infer<typeof EngineInfo>;

export const Capabilities = z
  .object({ engine: EngineName, capabilities: z.array(z.string()) })
  .meta({ id: 'Capabilities' });
