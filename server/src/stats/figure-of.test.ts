import { describe, expect, it } from 'vitest';
import { figureOf } from './figure-of.ts';

const counted = (type: Parameters<typeof figureOf>[0]['type'], data: object) =>
  figureOf({ type, json: JSON.stringify({ id: 'evt_1', seq: 1, type, data }) });

describe('an event counts as', () => {
  it('a message in, a message out, or one that could not be sent', () => {
    expect(counted('message.received', {})).toBe('messagesIn');
    expect(counted('message.sent', {})).toBe('messagesOut');
    expect(counted('message.status', { status: 'failed' })).toBe('messagesFailed');
    expect(counted('message.status', { status: 'expired' })).toBe('messagesFailed');
    expect(counted('message.status', { status: 'read' })).toBeNull();
    expect(counted('message.status', { status: 'cancelled' })).toBeNull();
    expect(counted('message.reaction', {})).toBeNull();
  });

  it('a pairing that succeeded, once per link', () => {
    const account = { pushName: '"first":true' };
    expect(counted('session.connected', { account, first: true })).toBe('pairingsDone');
    expect(counted('session.connected', { account, first: false })).toBeNull();
  });

  it('a pairing that failed, where a code was shown or scanned and no link came of it', () => {
    const changed = (from: string, to: string, code: string | null = null) =>
      counted('session.state_changed', { from, to, cause: code && { code } });
    expect(changed('linking', 'stopped', 'link_expired')).toBe('pairingsFailed');
    expect(changed('linking', 'waiting', 'connection_lost')).toBe('pairingsFailed');
    expect(changed('linking', 'failed', 'pairing_rejected')).toBe('pairingsFailed');
    expect(changed('connecting', 'failed', 'pairing_rejected')).toBe('pairingsFailed');
    // A person changed his mind.
    for (const to of ['stopped', 'deleting']) expect(changed('linking', to), to).toBeNull();
    expect(changed('linking', 'connecting')).toBeNull();
    expect(changed('connecting', 'linking')).toBeNull();
    expect(changed('connecting', 'failed', 'banned')).toBeNull();
    expect(changed('connected', 'waiting', 'connection_lost')).toBeNull();
  });
});
