import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, loadConfig } from './config.ts';
import { envExample } from './env-example.ts';
import { readEnvFile } from './env-file.ts';
import { Variables } from './variables.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zapfleet-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (env: Record<string, string> = {}) => loadConfig({ env, folder, terminal: false });

function config(env: Record<string, string> = {}): Config {
  const result = load(env);
  if (!result.ok) throw new Error(result.sentence);
  return result.config;
}

function sentence(env: Record<string, string> = {}): string {
  const result = load(env);
  return result.ok ? 'it started' : result.sentence;
}

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(config()).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      publicUrl: null,
      dataDir: join(folder, 'data'),
      defaultEngine: 'baileys',
      defaultNetwork: 'whatsapp',
      ignore: { groups: false, status: true, newsletters: true },
      sandbox: { kind: 'built_in' },
      startDefaultSession: false,
      sessionName: 'default',
      engineCloseTimeoutMs: 5000,
      autoCleanupOnLogout: true,
      logoutCleanupDelayMs: 3000,
      probeIntervalMs: 60_000,
      chromePath: null,
      headless: true,
      openConcurrency: 20,
      qrLimit: 6,
      whatsappVersion: null,
      webhookEnabled: true,
      webhookAllow: false,
      mediaAllow: false,
      logLevel: 'info',
      logPretty: false,
      notices: [],
    });
  });

  it('says what webhooks and media may reach beside public addresses', () => {
    const loaded = config({ WEBHOOK_ALLOW_PRIVATE: 'true', MEDIA_ALLOW_PRIVATE: '127.0.0.1, 10.0.0.0/8' });
    expect(loaded).toMatchObject({ webhookAllow: true, mediaAllow: { ranges: ['127.0.0.1', '10.0.0.0/8'] } });
    expect(sentence({ WEBHOOK_ALLOW_PRIVATE: '10/8' })).toBe(
      'WEBHOOK_ALLOW_PRIVATE must be true, false, or addresses and CIDRs separated by commas.',
    );
  });

  it('cannot be changed', () => {
    const loaded = config();
    expect(Object.isFrozen(loaded)).toBe(true);
    expect(Object.isFrozen(loaded.ignore)).toBe(true);
  });

  it('comes from .env, and from the environment before that', () => {
    writeFileSync(
      join(folder, '.env'),
      'PORT=4000\nexport SESSION_NAME="shop"\n# a comment\n\nLOG_LEVEL=debug # why not\n',
    );
    expect(config({ PORT: '5000' })).toMatchObject({ port: 5000, sessionName: 'shop', logLevel: 'debug' });
  });

  it('takes an empty value for none', () => {
    writeFileSync(join(folder, '.env'), 'PORT=\nENCRYPTION_KEY=\n');
    expect(config({ PORT: '  ', SANDBOX: '' })).toMatchObject({ port: 3000, sandbox: { kind: 'built_in' } });
  });

  it('mentions variables of .env that it does not know', () => {
    writeFileSync(join(folder, '.env'), 'PROT=4000\n');
    expect(config().notices).toEqual(['.env sets PROT, which this version does not know.']);
  });

  it.each([
    [{ PORT: 'abc' }, 'PORT must be a whole number from 0 to 65535.'],
    [{ PORT: '70000' }, 'PORT must be a whole number from 0 to 65535.'],
    [{ PORT: '-1' }, 'PORT must be a whole number from 0 to 65535.'],
    [{ HOST: 'http://here' }, 'HOST must be an IP address or a host name.'],
    [{ PUBLIC_URL: 'wa.example.com' }, 'PUBLIC_URL must be an address that begins with http:// or https://.'],
    [{ SANDBOX: 'maybe' }, 'SANDBOX must be true or false.'],
    [{ QR_LIMIT: '0' }, 'QR_LIMIT must be a whole number from 1 to 100.'],
    [{ WHATSAPP_VERSION: '2.3000' }, 'WHATSAPP_VERSION must look like 2.3000.1023456789.'],
    [{ SANDBOX_ROOT_KEY: 'abc' }, 'SANDBOX_ROOT_KEY must be 64 hex digits: the root public key of that network.'],
    [{ ENCRYPTION_KEY: 'too-short' }, 'ENCRYPTION_KEY must be keys of 32 bytes in hex or base64, separated by commas.'],
    [{ ZAPFLEET_API_KEY: 'short' }, 'ZAPFLEET_API_KEY must have at least 32 characters.'],
    [{ METRICS_TOKEN: 'short' }, 'METRICS_TOKEN must have at least 32 characters.'],
    [
      { ZAPFLEET_API_KEY: 'x'.repeat(40) },
      'ZAPFLEET_API_KEY repeats itself; it must have at least 8 different characters.',
    ],
    [
      { ZAPFLEET_API_KEY: 'B6D711FCDE4D4FD5936544120E713976' },
      'ZAPFLEET_API_KEY is a well-known default; take one of your own.',
    ],
    [
      { ZAPFLEET_API_KEY: 'please-change-me-0123456789-abcdefgh' },
      'ZAPFLEET_API_KEY is a well-known default; take one of your own.',
    ],
    [{ SESSION_NAME: '../up' }, /^SESSION_NAME may hold only/],
    [{ DATABASE_URL: 'mysql://db/zapfleet' }, /^DATABASE_URL must look like postgres:/],
    [{ DATABASE_URL: 'postgres://user:canary@db' }, /^DATABASE_URL must look like (?!.*canary)/],
    [{ DATABASE_POOL_SIZE: '0' }, /^DATABASE_POOL_SIZE must be a whole number from 1 to 100/],
    [{ SANDBOX_URL: 'ws://other/ws/chat' }, /^SANDBOX_URL needs SANDBOX_ROOT_KEY/],
    [{ DEFAULT_NETWORK: 'sandbox', SANDBOX: 'false' }, /^DEFAULT_NETWORK is sandbox, but there is no sandbox/],
  ])('says of %j in one sentence what is wrong', (env, expected) => {
    expect(sentence(env)).toMatch(expected);
    expect(sentence(env)).not.toContain('\n');
  });

  it('names the line of .env that is broken, and the line of a wrong value', () => {
    const path = join(folder, '.env');
    writeFileSync(path, 'PORT=4000\n\nthis is no assignment\n');
    expect(sentence()).toBe(`Line 3 of ${path} is not NAME=value.`);
    writeFileSync(path, '# all good\nSESSION_NAME="shop\nPORT=1\n');
    expect(sentence()).toBe(`Line 2 of ${path} opens a quote that is never closed.`);
    writeFileSync(path, '\nPORT=many\n');
    expect(sentence()).toBe('PORT (line 2 of .env) must be a whole number from 0 to 65535.');
    expect(sentence({ PORT: 'many' })).toBe('PORT must be a whole number from 0 to 65535.');
  });

  it('never repeats a secret', () => {
    expect(sentence({ ZAPFLEET_API_KEY: 'my secret' })).not.toContain('my secret');
    expect(sentence({ ENCRYPTION_KEY: 'my-secret' })).not.toContain('my-secret');
  });

  it.each([
    [{ HOST: '127.0.0.1' }, 'built_in'],
    [{ HOST: 'localhost' }, 'built_in'],
    [{ HOST: '::1' }, 'built_in'],
    [{ HOST: '0.0.0.0' }, 'none'],
    [{ HOST: '127.0.0.1', NODE_ENV: 'production' }, 'none'],
    [{ HOST: '0.0.0.0', SANDBOX: 'true' }, 'built_in'],
    [{ SANDBOX: 'off' }, 'none'],
    [{ HOST: '0.0.0.0', SANDBOX_URL: 'ws://x:4000/ws/chat', SANDBOX_ROOT_KEY: 'ab'.repeat(32) }, 'remote'],
    [{ SANDBOX: 'no', SANDBOX_URL: 'ws://x:4000/ws/chat', SANDBOX_ROOT_KEY: 'ab'.repeat(32) }, 'none'],
  ])('with %j the sandbox is %s', (env, kind) => {
    expect(config(env as Record<string, string>).sandbox.kind).toBe(kind);
  });

  it('knows where the control routes of another sandbox are', () => {
    const { sandbox } = config({ SANDBOX_URL: 'wss://x:4000/ws/chat', SANDBOX_ROOT_KEY: 'ab'.repeat(32) });
    expect(sandbox).toMatchObject({ controlUrl: 'https://x:4000', rootKey: Buffer.from('ab'.repeat(32), 'hex') });
  });

  it('reads numbers, versions and addresses', () => {
    const read = config({
      WHATSAPP_VERSION: '2.3000.1023456789',
      PUBLIC_URL: 'https://wa.example.com//',
      HOST: 'localhost',
      PORT: '0',
    });
    expect(read).toMatchObject({
      whatsappVersion: [2, 3000, 1023456789],
      publicUrl: 'https://wa.example.com',
      host: '127.0.0.1',
      port: 0,
    });
  });
});

describe('the secrets', () => {
  it('are made once, for this user only, and stay the same', () => {
    const first = config();
    const second = config();
    expect(second.apiKey).toBe(first.apiKey);
    expect(second.encryptionKeys).toEqual(first.encryptionKeys);
    expect(first.apiKey).toHaveLength(64);
    expect(first.encryptionKeys[0]).toHaveLength(32);
    expect(first.apiKeyFile).toBe(join(folder, 'data', 'api-key'));
    expect(readFileSync(String(first.apiKeyFile), 'utf8').trim()).toBe(first.apiKey);
    for (const name of ['api-key', 'encryption-key']) {
      expect(statSync(join(folder, 'data', name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
  });

  it('are not made where the environment has them', () => {
    const [key, old] = ['ab'.repeat(32), Buffer.alloc(32, 7).toString('base64')];
    const read = config({ ZAPFLEET_API_KEY: 'a-key-of-my-own-0123456789-abcdef', ENCRYPTION_KEY: `${key}, ${old}` });
    expect(read).toMatchObject({ apiKey: 'a-key-of-my-own-0123456789-abcdef', apiKeyFile: null });
    expect(read.encryptionKeys).toEqual([Buffer.from(key, 'hex'), Buffer.alloc(32, 7)]);
    expect(() => statSync(join(folder, 'data', 'api-key'))).toThrow();
  });

  it('that others could read are closed to them, with a notice', () => {
    const path = String(config().apiKeyFile);
    chmodSync(path, 0o644);
    expect(config().notices).toEqual([
      `${path} could be read by other users of this machine; it is closed to them now.`,
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(config().notices).toEqual([]);
  });

  it('that are damaged end the start, and are not replaced', () => {
    config();
    const path = join(folder, 'data', 'encryption-key');
    writeFileSync(path, 'half a k');
    expect(sentence()).toMatch(/encryption-key does not hold a key of 32 bytes; bring it back from a backup/);
    expect(readFileSync(path, 'utf8')).toBe('half a k');
    config({ ENCRYPTION_KEY: 'ab'.repeat(32) });
    writeFileSync(join(folder, 'data', 'api-key'), '');
    expect(sentence({ ENCRYPTION_KEY: 'ab'.repeat(32) })).toMatch(
      /^The key in .*api-key must have at least 32 characters/,
    );
  });

  it('left half-written by a crash are made anew', () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'api-key.new'), 'ha', { mode: 0o644 });
    expect(config().apiKey).toHaveLength(64);
    expect(statSync(String(config().apiKeyFile)).mode & 0o777).toBe(0o600);
  });
});

describe('a data folder that cannot be used', () => {
  it.each([
    ['a file', 'file', 'a part of the path is a file'],
    ['below a file', 'file/data', 'a part of the path is a file'],
    ['where nothing can be made', '/proc/zapfleet', 'it cannot be made'],
  ])('because it is %s ends the start with one sentence', (_, path, reason) => {
    writeFileSync(join(folder, 'file'), '');
    const dataDir = path.startsWith('/') ? path : join(folder, path);
    expect(sentence({ DATA_DIR: dataDir })).toBe(
      `The data folder ${dataDir} cannot be written: ${reason}. Set DATA_DIR to one that can.`,
    );
  });
});

describe('.env.example', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', '.env.example'), 'utf8');

  it('is what the variables say', () => {
    expect(text).toBe(envExample());
  });

  it('has every variable with a sentence, and its default as the default really is', () => {
    const lines = text.split('\n');
    const given: Record<string, string> = {};
    for (const name of Object.keys(Variables.shape)) {
      const at = lines.findIndex((line) => line.startsWith(`#${name}=`));
      expect(lines[at - 1], name).toMatch(/^# \S.{20,}\.$/);
      given[name] = lines[at]?.slice(name.length + 2) ?? '';
    }
    expect(config(given)).toEqual(config());
  });

  it('is a good .env when it is copied, with and without its comments', () => {
    writeFileSync(join(folder, '.env'), text);
    expect(sentence()).toBe('it started');
    writeFileSync(join(folder, '.env'), text.replaceAll(/^#(?=[A-Z_]+=)/gm, ''));
    expect(sentence()).toBe('it started');
  });
});

describe('a .env file', () => {
  it('may hold values of several lines, quotes, comments and Windows line ends', () => {
    const result = readEnvFile('\uFEFFA=1\r\nB="two\nlines # not a comment"\n  C = \'x y\'\nD=`q`\n#E=5\n');
    expect(result).toEqual({
      ok: true,
      file: {
        values: { A: '1', B: 'two\nlines # not a comment', C: 'x y', D: 'q' },
        lines: new Map([
          ['A', 1],
          ['B', 2],
          ['C', 4],
          ['D', 5],
        ]),
      },
    });
  });

  it.each([
    ['A=1\nB', 2],
    ['=1', 1],
    ['1A=1', 1],
    ['A=1\n{"json": true}\n', 2],
    ["A='x", 1],
  ])('%j is broken in line %i', (text, line) => {
    expect(readEnvFile(text)).toMatchObject({ ok: false, line });
  });
});
