/**
 * Every variable of the configuration: what it may hold, its default and a sentence. `.env.example` is written from this table. An
 * error message goes on where the name of the variable stopped.
 */
import { isIP } from 'node:net';
import { CommandPrefix, engineNames, SessionName } from '@zapfleet/contract';
import { z } from 'zod';
import { readAllowance } from './egress/allowance.ts';
import type { AddressAllowance } from './ports/egress.ts';
import type { ProtocolVersion } from './ports/engine.ts';
import { weaknessOf } from './weak-key.ts';

const flag = z.stringbool({
  truthy: ['true', '1', 'yes', 'on'],
  falsy: ['false', '0', 'no', 'off'],
  error: 'must be true or false',
});

const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
};

const address = (protocols: readonly string[], message: string) =>
  z.string().refine((text) => {
    const url = URL.parse(text);
    return url !== null && protocols.includes(url.protocol) && url.username === '' && url.password === '';
  }, message);

const allowance = z.string().transform((text, context): AddressAllowance => {
  return readAllowance(text) ?? refuse(context, 'must be true, false, or addresses and CIDRs separated by commas');
});

const databaseUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && ['postgres:', 'postgresql:'].includes(url.protocol) && url.pathname.length > 1;
}, 'must look like postgres://user:password@host:5432/database, with special characters of the password percent-encoded');

const keyList = z.string().transform((text, context): [Uint8Array, ...Uint8Array[]] => {
  return decodeKeys(text) ?? refuse(context, 'must be keys of 32 bytes in hex or base64, separated by commas');
});

const rootKey = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hex digits: the root public key of that network')
  .transform((hex): Uint8Array => Buffer.from(hex, 'hex'));

const secretKey = z.string().superRefine((key, context) => {
  const weakness = weaknessOf(key);
  if (weakness !== null) context.addIssue({ code: 'custom', message: weakness });
});

const version = z
  .string()
  .regex(/^2\.\d{1,9}\.\d{1,12}$/, 'must look like 2.3000.1023456789')
  .transform((text): ProtocolVersion => {
    const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
    return [major, minor, patch];
  });

/** `loopback`, `linklocal` and `uniquelocal` are names that the HTTP server knows. */
const proxies = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine(
    (parts) => parts.every((part) => /^(loopback|linklocal|uniquelocal)$/.test(part) || isRange(part)),
    'must be IP addresses or ranges (10.0.0.0/8), loopback, linklocal or uniquelocal, separated by commas',
  );

function isRange(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const family = isIP(address);
  return family !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)));
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const said = (description: string) => ({ description });

export const Variables = z.object({
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/, 'must be an IP address or a host name')
    // The name stands for two addresses, and Socket.IO listens at one.
    .transform((host) => (host.toLowerCase() === 'localhost' ? '127.0.0.1' : host))
    .default('127.0.0.1')
    .meta(said('The address to listen at. 0.0.0.0 lets other machines in: then put a proxy with TLS in front.')),
  PORT: whole(0, 65_535).default(3000).meta(said('The port to listen at; 0 takes a free one.')),
  PUBLIC_URL: address(['http:', 'https:'], 'must be an address that begins with http:// or https://')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .meta(said('Where people find this server. Derived from HOST and PORT when not set.')),
  DATA_DIR: z
    .string()
    .default('./data')
    .meta(said('Everything that is kept: the database, the sandbox, generated secrets. Back it up.')),
  DATABASE_URL: databaseUrl
    .optional()
    .meta(
      said(
        'A PostgreSQL database to keep everything in but files, as postgres://user:password@host:5432/database. SQLite in DATA_DIR when not set.',
      ),
    ),
  DATABASE_POOL_SIZE: whole(1, 100)
    .default(8)
    .meta(said('How many connections read from PostgreSQL at the same time. One more writes.')),
  ENCRYPTION_KEY: keyList
    .optional()
    .meta(
      said(
        'Encrypts stored credentials: 32 bytes in hex or base64. To rotate, put the new key before the old one, separated by a comma. Generated into DATA_DIR/encryption-key when not set.',
      ),
    ),
  ZAPFLEET_API_KEY: secretKey
    .optional()
    .meta(said('The master key: at least 32 characters. Generated into DATA_DIR/api-key when not set.')),
  JWT_SECRET: secretKey
    .optional()
    .meta(
      said(
        'Signs the access tokens of people who log in: at least 32 characters. Generated into DATA_DIR/jwt-secret when not set.',
      ),
    ),
  TRUST_PROXY: proxies
    .optional()
    .meta(
      said(
        'The proxies in front of this server, whose word on where a request comes from counts: addresses or ranges separated by commas, such as 127.0.0.1, 10.0.0.0/8, or loopback.',
      ),
    ),
  RATE_LIMIT_PER_KEY: whole(0, 100_000_000)
    .default(60_000)
    .meta(
      said(
        'How many requests a key or a person may make in a minute; 0 for any number. ZAPFLEET_API_KEY is not counted.',
      ),
    ),
  RATE_LIMIT_WRONG_KEYS: whole(0, 100_000_000)
    .default(300)
    .meta(said('How many wrong keys an address may show in a minute before it has to wait; 0 for any number.')),
  METRICS_TOKEN: secretKey
    .optional()
    .meta(said('A key that opens /metrics and nothing else, for Prometheus: at least 32 characters.')),
  DEFAULT_ENGINE: z
    .enum(engineNames, { error: `must be one of ${engineNames.join(', ')}` })
    .default('baileys')
    .meta(said('The engine of a session that names none.')),
  DEFAULT_NETWORK: z
    .enum(['whatsapp', 'sandbox'], { error: 'must be whatsapp or sandbox' })
    .default('whatsapp')
    .meta(said('The network of a session that names none: whatsapp or sandbox.')),
  WHATSAPP_VERSION: version
    .optional()
    .meta(said('The version of the WhatsApp Web protocol to announce, as 2.3000.x. Looked up when not set.')),
  SANDBOX: flag
    .optional()
    .meta(
      said(
        'A WhatsApp network on this machine, to try things without a phone. On by default when HOST is loopback and NODE_ENV is not production.',
      ),
    ),
  SANDBOX_URL: address(['ws:', 'wss:'], 'must be an address that begins with ws:// or wss://')
    .optional()
    .meta(said('A sandbox network elsewhere (npm run sandbox prints its address), in place of the own one.')),
  SANDBOX_ROOT_KEY: rootKey.optional().meta(said('The root public key of the network at SANDBOX_URL, 64 hex digits.')),
  SANDBOX_CA: z
    .string()
    .min(1, 'must be the name of a file')
    .optional()
    .meta(
      said(
        'A PEM file: the authority of the media host of the network at SANDBOX_URL. Sandbox sessions only trust it.',
      ),
    ),
  START_DEFAULT_SESSION: flag
    .default(false)
    .meta(said('Makes sure that a session named SESSION_NAME exists and runs; its QR code is drawn in the terminal.')),
  SESSION_NAME: SessionName.default('default').meta(said('The name of that session.')),
  IGNORE_GROUPS: flag
    .default(false)
    .meta(said('Whether messages of groups are ignored, where a session does not say.')),
  IGNORE_STATUS: flag.default(true).meta(said('Whether status posts are ignored, where a session does not say.')),
  IGNORE_NEWSLETTERS: flag.default(true).meta(said('Whether newsletters are ignored, where a session does not say.')),
  COMMANDS_ENABLED: flag
    .default(false)
    .meta(said('Whether the texts !ping, !help and !info are answered, where a session does not say.')),
  COMMANDS_IN_GROUPS: flag
    .default(true)
    .meta(said('Whether such commands are answered in groups too, where a session does not say.')),
  COMMAND_PREFIX: CommandPrefix.default('!').meta(
    said('What a chat command begins with, where a session does not say.'),
  ),
  MESSAGE_EXPIRY_MS: whole(1_000, 999_999_999)
    .default(86_400_000)
    .meta(said('When a message is given up that could not be sent, in ms; a day. A message may say otherwise.')),
  CHROME_PATH: z
    .string()
    .min(1, 'must be the path of a program')
    .optional()
    .meta(said('The Chromium or Chrome of sessions with the engine webjs. Without it, the first of the usual places.')),
  HEADLESS: flag
    .default(true)
    .meta(
      said(
        'Whether these browsers run without a window, where a session does not say. With one they need a display: `xvfb-run`, on a server.',
      ),
    ),
  OPEN_CONCURRENCY: whole(1, 1000).default(20).meta(said('How many sessions may be opening at the same time.')),
  QR_LIMIT: whole(1, 100).default(6).meta(said('How many QR codes are shown before linking ends.')),
  ENGINE_CLOSE_TIMEOUT_MS: whole(100, 60_000)
    .default(5000)
    .meta(said('How long an engine may take to close before it is abandoned, in ms.')),
  AUTO_CLEANUP_ON_LOGOUT: flag
    .default(true)
    .meta(said('Whether a session that WhatsApp logged out is removed by itself, where the session does not say.')),
  LOGOUT_CLEANUP_DELAY_MS: whole(0, 3_600_000)
    .default(3000)
    .meta(said('How long after a logout by WhatsApp the session is removed, in ms.')),
  PROBE_INTERVAL_MS: whole(1_000, 3_600_000)
    .default(60_000)
    .meta(said('How often a connected session is asked whether it still hears, in ms.')),
  WEBHOOK_ENABLED: flag
    .default(true)
    .meta(said('Whether POST /webhook/test sends: a text through the named or the default session.')),
  WEBHOOK_ALLOW_PRIVATE: allowance
    .default(false)
    .meta(
      said(
        'Whether webhooks may call private addresses: true, false, or a list such as 127.0.0.1, 172.18.0.0/16. Addresses that hand out credentials of a cloud machine stay closed unless they are listed.',
      ),
    ),
  MEDIA_ALLOW_PRIVATE: allowance.default(false).meta(said('The same for media that messages name by their address.')),
  EVOLUTION_URL: address(['http:', 'https:'], 'must be an address that begins with http:// or https://')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .meta(
      said(
        'The Evolution API server that carries sessions of the engine evolution, version 1.8 or 2. It reaches this server at PUBLIC_URL.',
      ),
    ),
  EVOLUTION_API_KEY: z.string().min(1).optional().meta(said('Its global API key; it is sent to that address only.')),
  MEDIA_MAX_MB: whole(1, 100_000)
    .default(2048)
    .meta(said('The largest file that is sent or received, in MB. WhatsApp itself takes documents of up to 2 GB.')),
  MEDIA_DOWNLOAD_MAX_MB: whole(0, 100_000)
    .default(100)
    .meta(
      said(
        'Received files up to this size, in MB, are fetched by themselves; larger ones when somebody asks for them.',
      ),
    ),
  MEDIA_DOWNLOADS_AT_ONCE: whole(1, 100)
    .default(8)
    .meta(said('How many received files are fetched at the same time, at most 2 of them for one session.')),
  MESSAGE_MAX_AGE_DAYS: whole(1, 36_500)
    .optional()
    .meta(
      said(
        'Messages older than so many days are removed, with their files; what still waits to be sent stays. Kept as long as their session when not set.',
      ),
    ),
  AUDIT_MAX_AGE_DAYS: whole(1, 36_500)
    .optional()
    .meta(said('Entries of the audit log older than so many days are removed. Kept for ever when not set.')),
  MEDIA_MAX_AGE_DAYS: whole(1, 36_500)
    .optional()
    .meta(
      said(
        'Files that no message came to use for so many days are removed. Kept as long as their session when not set.',
      ),
    ),
  MEDIA_MAX_TOTAL_MB: whole(1, 999_999_999)
    .optional()
    .meta(
      said('When all files together take more, in MB, those unused for longest are removed. No limit when not set.'),
    ),
  MEDIA_KEEP_FREE_MB: whole(0, 999_999_999)
    .default(512)
    .meta(
      said(
        'How much of the disk files leave free, in MB: the database needs space too. With less left, no file is taken.',
      ),
    ),
  LOG_LEVEL: z
    .enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` })
    .default('info')
    .meta(said(`How much is logged: ${logLevels.join(', ')}.`)),
  LOG_PRETTY: flag.optional().meta(said('Log lines for people in place of JSON. On by default in a terminal.')),
});
export type Settings = z.output<typeof Variables>;

/** Keys of 32 bytes, separated by commas; null when one of them is none. */
export function decodeKeys(text: string): [Uint8Array, ...Uint8Array[]] | null {
  const [first = null, ...others] = text.split(',').map((part) => decodeKey(part.trim()));
  const rest = others.filter((key) => key !== null);
  return first && rest.length === others.length ? [first, ...rest] : null;
}

/** 32 bytes from hex or base64 (also base64url); null when it is neither. */
export function decodeKey(text: string): Uint8Array | null {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64');
  return null;
}

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
