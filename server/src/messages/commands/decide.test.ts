import { describe, expect, it } from 'vitest';
import { identityOf } from '../../domain/identity.ts';
import type { MessageRecord } from '../../domain/message.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { allCommands } from './all.ts';
import { decide, type Situation } from './decide.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');

const session = {
  name: 'shop',
  settings: { label: null, ignore: {}, metadata: {}, autoCleanupOnLogout: null },
  account: { phoneNumber: '5511987654321', jid: '5511987654321@s.whatsapp.net', lid: null, pushName: null },
  state: { name: 'connected', since: NOW - 3_600_000, health: { status: 'ok', cause: null }, missed: 0 },
} satisfies Partial<SessionRecord> as unknown as SessionRecord;

const message = {
  direction: 'in',
  chat: '5511900000001@s.whatsapp.net',
  from: identityOf('5511900000001@s.whatsapp.net'),
  content: { type: 'text', text: '!ping', mentions: [] },
  offline: false,
  timestamp: NOW,
} satisfies Partial<MessageRecord> as unknown as MessageRecord;

const usual: Situation = {
  session,
  usual: { enabled: true, prefix: '!', groups: true },
  commands: allCommands,
  answeredAt: [],
  now: NOW,
};

const answer = (changes: Partial<MessageRecord>, situation: Partial<Situation> = {}) =>
  decide({ ...message, ...changes }, { ...usual, ...situation });
const say = (text: string, situation: Partial<Situation> = {}) =>
  answer({ content: { type: 'text', text, mentions: [] } }, situation);
const withCommands = (commands: SessionRecord['settings']['commands']): Partial<Situation> => ({
  session: { ...session, settings: { ...session.settings, ...(commands && { commands }) } },
});

describe('chat commands', () => {
  it.each(['!ping', ' !Ping ', '!PING now', '!ping\nplease'])('answer %j', (text) => {
    expect(say(text)).toBe('pong');
  });

  it.each(['ping', '!', '! ping', '!pong', '!pings', '!!ping', 'please !ping', ''])('leave %j alone', (text) => {
    expect(say(text)).toBeNull();
  });

  it('list themselves, and tell about the session', () => {
    const help = say('!help');
    for (const { name } of allCommands) expect(help).toContain(`!${name} – `);
    expect(say('!info')).toBe('Session: shop\nNumber: 5511987654321\nConnected since: 2026-01-31 11:00 UTC');
  });

  it('are unlike every answer, so that an echo is no command', () => {
    for (const { name } of allCommands) expect(say(say(`!${name}`) ?? '')).toBeNull();
  });

  it('are off unless they are switched on, by the server or by the session', () => {
    const off = { usual: { enabled: false, prefix: '!', groups: true } };
    expect(say('!ping', off)).toBeNull();
    expect(say('!ping', { ...off, ...withCommands({ enabled: true }) })).toBe('pong');
    expect(say('!ping', withCommands({ enabled: false }))).toBeNull();
  });

  it('begin with the prefix of the session, else of the server', () => {
    expect(say('.ping', { usual: { enabled: true, prefix: '.', groups: true } })).toBe('pong');
    expect(say('/ping', withCommands({ prefix: '/' }))).toBe('pong');
    expect(say('!ping', withCommands({ prefix: '/' }))).toBeNull();
    expect(say('/help', withCommands({ prefix: '/' }))).toContain('/ping');
  });

  it('are answered to people and in groups: not elsewhere, not to oneself, not of other kinds than text', () => {
    for (const chat of ['1@lid', '1-2@g.us']) expect(answer({ chat })).toBe('pong');
    for (const chat of ['status@broadcast', '1@newsletter']) expect(answer({ chat })).toBeNull();
    expect(answer({ direction: 'out' })).toBeNull();
    expect(answer({ content: { type: 'unsupported', kind: 'pollCreationMessage' } })).toBeNull();
  });

  it('are left alone in groups where the server or the session says so', () => {
    const chat = '1-2@g.us';
    const off = { usual: { enabled: true, prefix: '!', groups: false } };
    expect(answer({ chat }, off)).toBeNull();
    expect(answer({ chat }, { ...off, ...withCommands({ groups: true }) })).toBe('pong');
    expect(answer({ chat }, withCommands({ groups: false }))).toBeNull();
    expect(answer({}, withCommands({ groups: false }))).toBe('pong');
  });

  it('that waited for the session are answered for a minute', () => {
    expect(answer({ offline: true, timestamp: NOW - 60_000 })).toBe('pong');
    expect(answer({ offline: true, timestamp: NOW - 60_001 })).toBeNull();
  });

  it('are answered 5 times a minute and 30 times an hour in a chat, so that two programs do not talk for ever', () => {
    const seconds = (...ago: number[]) => ({ answeredAt: ago.map((one) => NOW - one * 1000) });
    expect(say('!ping', seconds(61, 50, 40, 30, 20))).toBe('pong');
    expect(say('!ping', seconds(50, 40, 30, 20, 10))).toBeNull();
    const each = (count: number) => seconds(...Array.from({ length: count }, (_, at) => 90 + at * 100));
    expect(say('!ping', each(29))).toBe('pong');
    expect(say('!ping', each(30))).toBeNull();
  });

  it('have names that can be written, each once', () => {
    const names = allCommands.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9]+$/);
  });
});
