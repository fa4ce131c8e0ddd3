/**
 * The only reader of the environment and of `.env`: one frozen `Config`, or one sentence that says which value is wrong. The real
 * environment wins over the file.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { accessSync, constants, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { EngineName, Ignore, NetworkName } from '@zapfleet/contract';
import type { AddressAllowance } from './ports/egress.ts';
import type { ProtocolVersion } from './ports/engine.ts';
import { type EnvFile, readEnvFile } from './env-file.ts';
import { attempt, makeFolder } from './file-attempt.ts';
import { readOrCreateSecret, type Secret } from './secrets.ts';
import { weaknessOf } from './weak-key.ts';
import { decodeKeys, type LogLevel, type Settings, Variables } from './variables.ts';

export type Config = {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Where people find this server, without a trailing slash; null: derived from the address it listens at. */
  readonly publicUrl: string | null;
  /** Absolute; exists and can be written. */
  readonly dataDir: string;
  /** `postgres://…`, with its password; null: SQLite in the data folder. */
  readonly databaseUrl: string | null;
  readonly databasePoolSize: number;
  /** Where the keys were generated; null when the environment gave them. */
  readonly encryptionKeyFile: string | null;
  /** 32 bytes each; the first encrypts, all decrypt. */
  readonly encryptionKeys: readonly [Uint8Array, ...Uint8Array[]];
  /** The master key, and the file it was generated into; null when the environment gave it. */
  readonly apiKey: string;
  readonly apiKeyFile: string | null;
  /** Signs access tokens. */
  readonly jwtSecret: string;
  /** Marks what this installation keeps on other servers, and protects the addresses at which they reach it. Never changed. */
  readonly installationKey: string;
  /** The server of the engine evolution; null: none is configured. */
  readonly evolution: Readonly<{ url: string; apiKey: string }> | null;
  /** Proxies whose word on where a request came from counts. */
  readonly trustProxy: readonly string[];
  /** Per minute; 0: no limit. */
  readonly rateLimits: Readonly<{ perCaller: number; wrongKeys: number }>;
  /** Opens /metrics; null: only keys do. */
  readonly metricsToken: string | null;
  readonly defaultEngine: EngineName;
  readonly defaultNetwork: NetworkName;
  readonly ignore: Readonly<Ignore>;
  /** Chat commands, where a session does not say. */
  readonly commands: Readonly<{ enabled: boolean; prefix: string; groups: boolean }>;
  /** When a message is given up that could not be sent. */
  readonly messageExpiryMs: number;
  readonly sandbox: SandboxChoice;
  readonly startDefaultSession: boolean;
  readonly sessionName: string;
  readonly engineCloseTimeoutMs: number;
  readonly autoCleanupOnLogout: boolean;
  readonly logoutCleanupDelayMs: number;
  readonly probeIntervalMs: number;
  /** The browser's program; null: looked for. */
  readonly chromePath: string | null;
  readonly headless: boolean;
  readonly openConcurrency: number;
  readonly qrLimit: number;
  /** null: looked up. */
  readonly whatsappVersion: ProtocolVersion | null;
  readonly webhookEnabled: boolean;
  /** What webhooks may call, and where media may be fetched from. */
  readonly webhookAllow: AddressAllowance;
  readonly mediaAllow: AddressAllowance;
  /** null: messages are kept as long as their session. */
  readonly messageMaxAgeMs: number | null;
  /** null: the audit log is kept whole. */
  readonly auditMaxAgeMs: number | null;
  /** Files of messages, in bytes and ms. */
  readonly media: Readonly<{
    most: number;
    mostUnasked: number;
    downloadsAtOnce: number;
    maxAgeMs: number | null;
    maxTotal: number | null;
    keepFree: number;
  }>;
  readonly logLevel: LogLevel;
  readonly logPretty: boolean;
  /** Sentences for the operator that are no reason to stop. */
  readonly notices: readonly string[];
};

export type SandboxChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'built_in' }
  /** `controlUrl` is where its `/sandbox/*` routes would be, without a trailing slash; `rootKey` the 32-byte public key. */
  | {
      readonly kind: 'remote';
      readonly url: string;
      readonly controlUrl: string;
      readonly rootKey: Uint8Array;
      /** PEM; null: its media host has a certificate that all trust. */
      readonly mediaCa: string | null;
    };

export type ConfigResult = { ok: true; config: Config } | { ok: false; sentence: string };

export type Surroundings = {
  env: Readonly<Record<string, string | undefined>>;
  /** Where `.env` is looked for and a relative DATA_DIR begins. */
  folder: string;
  /** Whether the output is read by a person in a terminal. */
  terminal: boolean;
};

const MB = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;

const daysOrNull = (days: number | undefined): number | null => (days === undefined ? null : days * DAY_MS);

/** Reads everything, and makes the data folder and the secrets that are missing. */
export function loadConfig(given: Partial<Surroundings> = {}): ConfigResult {
  const { env = process.env, folder = process.cwd(), terminal = process.stdout.isTTY }: Partial<Surroundings> = given;
  try {
    const file = envFileIn(folder);
    return { ok: true, config: readConfig({ env, folder, terminal }, file) };
  } catch (error) {
    if (error instanceof Unusable) return { ok: false, sentence: error.message };
    throw error;
  }
}

/** Ends the reading with a sentence; never leaves this file. */
class Unusable extends Error {}

function envFileIn(folder: string): EnvFile {
  const path = join(folder, '.env');
  const text = attempt(
    () => readFileSync(path, 'utf8'),
    (reason, code) => {
      if (code === 'ENOENT') return null;
      throw new Unusable(`${path} cannot be read: ${reason}.`);
    },
  );
  const result = readEnvFile(text ?? '');
  if (!result.ok) throw new Unusable(`Line ${result.line} of ${path} ${result.problem}.`);
  return result.file;
}

function readConfig({ env, folder, terminal }: Surroundings, file: EnvFile): Config {
  const settings = readSettings(env, file);
  const dataDir = resolve(folder, settings.DATA_DIR);
  prepareDataDir(dataDir);
  const generated: Secret[] = [];
  const secret = (name: string): Secret => {
    const made = attempt(
      () => readOrCreateSecret(join(dataDir, name), () => randomBytes(32).toString('hex')),
      (reason) => {
        throw new Unusable(`${join(dataDir, name)} cannot be read or written: ${reason}.`);
      },
    );
    generated.push(made);
    return made;
  };
  const { encryptionKeys, encryptionKeyFile } = sealingKeys(settings, () => secret('encryption-key'));
  const { apiKey, apiKeyFile } = masterKey(settings, () => secret('api-key'));

  return deepFreeze({
    host: settings.HOST,
    port: settings.PORT,
    publicUrl: settings.PUBLIC_URL ?? null,
    dataDir,
    encryptionKeyFile,
    databaseUrl: settings.DATABASE_URL ?? null,
    databasePoolSize: settings.DATABASE_POOL_SIZE,
    encryptionKeys,
    apiKey,
    apiKeyFile,
    jwtSecret: settings.JWT_SECRET ?? strong(secret('jwt-secret')),
    installationKey: secret('installation-key').value,
    evolution: evolutionOf(settings),
    trustProxy: settings.TRUST_PROXY ?? [],
    rateLimits: { perCaller: settings.RATE_LIMIT_PER_KEY, wrongKeys: settings.RATE_LIMIT_WRONG_KEYS },
    metricsToken: settings.METRICS_TOKEN ?? null,
    defaultEngine: settings.DEFAULT_ENGINE,
    defaultNetwork: settings.DEFAULT_NETWORK,
    ignore: {
      groups: settings.IGNORE_GROUPS,
      status: settings.IGNORE_STATUS,
      newsletters: settings.IGNORE_NEWSLETTERS,
    },
    commands: {
      enabled: settings.COMMANDS_ENABLED,
      prefix: settings.COMMAND_PREFIX,
      groups: settings.COMMANDS_IN_GROUPS,
    },
    messageExpiryMs: settings.MESSAGE_EXPIRY_MS,
    sandbox: sandboxOf(settings, folder),
    startDefaultSession: settings.START_DEFAULT_SESSION,
    sessionName: settings.SESSION_NAME,
    engineCloseTimeoutMs: settings.ENGINE_CLOSE_TIMEOUT_MS,
    autoCleanupOnLogout: settings.AUTO_CLEANUP_ON_LOGOUT,
    logoutCleanupDelayMs: settings.LOGOUT_CLEANUP_DELAY_MS,
    probeIntervalMs: settings.PROBE_INTERVAL_MS,
    chromePath: settings.CHROME_PATH ?? null,
    headless: settings.HEADLESS,
    openConcurrency: settings.OPEN_CONCURRENCY,
    qrLimit: settings.QR_LIMIT,
    whatsappVersion: settings.WHATSAPP_VERSION ?? null,
    webhookEnabled: settings.WEBHOOK_ENABLED,
    webhookAllow: settings.WEBHOOK_ALLOW_PRIVATE,
    mediaAllow: settings.MEDIA_ALLOW_PRIVATE,
    messageMaxAgeMs: daysOrNull(settings.MESSAGE_MAX_AGE_DAYS),
    auditMaxAgeMs: daysOrNull(settings.AUDIT_MAX_AGE_DAYS),
    media: {
      most: settings.MEDIA_MAX_MB * MB,
      mostUnasked: settings.MEDIA_DOWNLOAD_MAX_MB * MB,
      downloadsAtOnce: settings.MEDIA_DOWNLOADS_AT_ONCE,
      maxAgeMs: daysOrNull(settings.MEDIA_MAX_AGE_DAYS),
      maxTotal: settings.MEDIA_MAX_TOTAL_MB === undefined ? null : settings.MEDIA_MAX_TOTAL_MB * MB,
      keepFree: settings.MEDIA_KEEP_FREE_MB * MB,
    },
    logLevel: settings.LOG_LEVEL,
    logPretty: settings.LOG_PRETTY ?? terminal,
    notices: [...misspelt(file), ...opened(generated)],
  });
}

function masterKey(settings: Settings, stored: () => Secret): Pick<Config, 'apiKey' | 'apiKeyFile'> {
  if (settings.ZAPFLEET_API_KEY !== undefined) return { apiKey: settings.ZAPFLEET_API_KEY, apiKeyFile: null };
  const key = stored();
  return { apiKey: strong(key), apiKeyFile: key.path };
}

function strong({ value, path }: Secret): string {
  const weakness = weaknessOf(value);
  if (weakness === null) return value;
  throw new Unusable(`The key in ${path} ${weakness}. Without that file a new key is made.`);
}

function readSettings(env: Surroundings['env'], file: EnvFile): Settings {
  const given: Record<string, string> = {};
  const known = [...Object.keys(Variables.shape), 'NODE_ENV'];
  for (const name of known) {
    // An empty value is no value: that is how `.env.example` and compose files leave things out.
    const value = env[name]?.trim() || file.values[name]?.trim();
    if (value) given[name] = value;
  }
  const read = Variables.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    const name = String(issue?.path[0]);
    const line = env[name]?.trim() ? undefined : file.lines.get(name);
    throw new Unusable(`${name}${line === undefined ? '' : ` (line ${line} of .env)`} ${String(issue?.message)}.`);
  }
  const settings: Settings = {
    ...read.data,
    SANDBOX: read.data.SANDBOX ?? sandboxByDefault(read.data, given.NODE_ENV),
  };
  if (settings.SANDBOX_URL !== undefined && settings.SANDBOX_ROOT_KEY === undefined) {
    throw new Unusable(
      'SANDBOX_URL needs SANDBOX_ROOT_KEY: without the root key of that network nothing can be trusted.',
    );
  }
  if (settings.DEFAULT_NETWORK === 'sandbox' && settings.SANDBOX === false) {
    throw new Unusable(
      'DEFAULT_NETWORK is sandbox, but there is no sandbox: set SANDBOX=true, or DEFAULT_NETWORK=whatsapp.',
    );
  }
  return settings;
}

/** A network of toys has no place where strangers can reach it, unless somebody asked for it. */
function sandboxByDefault(
  settings: { HOST: string; SANDBOX_URL?: string | undefined },
  nodeEnv: string | undefined,
): boolean {
  return settings.SANDBOX_URL !== undefined || (isLoopback(settings.HOST) && nodeEnv !== 'production');
}

function isLoopback(host: string): boolean {
  return host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function sandboxOf({ SANDBOX, SANDBOX_URL, SANDBOX_ROOT_KEY, SANDBOX_CA }: Settings, folder: string): SandboxChoice {
  if (SANDBOX !== true) return { kind: 'none' };
  if (SANDBOX_URL === undefined || SANDBOX_ROOT_KEY === undefined) return { kind: 'built_in' };
  const { protocol, host } = new URL(SANDBOX_URL);
  const controlUrl = `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}`;
  const mediaCa = SANDBOX_CA === undefined ? null : readAuthority(resolve(folder, SANDBOX_CA));
  return { kind: 'remote', url: SANDBOX_URL, controlUrl, rootKey: SANDBOX_ROOT_KEY, mediaCa };
}

function readAuthority(file: string): string {
  return attempt(
    () => {
      const pem = readFileSync(file, 'utf8');
      if (!new X509Certificate(pem).ca)
        throw Object.assign(new Error(), { code: 'it is the certificate of no authority' });
      return pem;
    },
    (reason) => {
      throw new Unusable(`SANDBOX_CA must name a file with a certificate in PEM; ${file} is not usable: ${reason}.`);
    },
  );
}

function evolutionOf({ EVOLUTION_URL: url, EVOLUTION_API_KEY: apiKey }: Settings): Config['evolution'] {
  if (url === undefined && apiKey === undefined) return null;
  if (url !== undefined && apiKey !== undefined) return { url, apiKey };
  const missing = url === undefined ? 'EVOLUTION_URL' : 'EVOLUTION_API_KEY';
  throw new Unusable(`EVOLUTION_URL and EVOLUTION_API_KEY belong together; ${missing} is not set.`);
}

function prepareDataDir(dataDir: string): void {
  attempt(
    () => {
      makeFolder(dataDir);
      // The dot refuses a file that only looks like the folder.
      accessSync(`${dataDir}/.`, constants.R_OK | constants.W_OK | constants.X_OK);
    },
    (reason) => {
      throw new Unusable(`The data folder ${dataDir} cannot be written: ${reason}. Set DATA_DIR to one that can.`);
    },
  );
}

function sealingKeys(
  { ENCRYPTION_KEY }: Settings,
  stored: () => Secret,
): Pick<Config, 'encryptionKeys' | 'encryptionKeyFile'> {
  if (ENCRYPTION_KEY !== undefined) return { encryptionKeys: ENCRYPTION_KEY, encryptionKeyFile: null };
  const file = stored();
  return { encryptionKeys: storedKeys(file), encryptionKeyFile: file.path };
}

/** One, or while it is being changed the new one and the old one. */
function storedKeys({ value, path }: Secret): [Uint8Array, ...Uint8Array[]] {
  const keys = decodeKeys(value);
  if (keys) return keys;
  throw new Unusable(
    `${path} does not hold a key of 32 bytes; bring it back from a backup: without it the stored credentials cannot be read.`,
  );
}

function misspelt({ lines }: EnvFile): string[] {
  return [...lines.keys()]
    .filter((name) => !(name in Variables.shape) && name !== 'NODE_ENV')
    .map((name) => `.env sets ${name}, which this version does not know.`);
}

function opened(secrets: readonly Secret[]): string[] {
  return secrets
    .filter(({ wasOpen }) => wasOpen)
    .map(({ path }) => `${path} could be read by other users of this machine; it is closed to them now.`);
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null && !ArrayBuffer.isView(part)) deepFreeze(part as object);
  }
  return Object.freeze(value);
}
