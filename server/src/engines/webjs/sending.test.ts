import { describe, expect, it } from 'vitest';
import { file } from '../conformance-media.ts';
import { text, to } from '../conformance-setting.ts';
import type { Client, Library } from './library.ts';
import { People } from './people.ts';
import { Sending } from './sending.ts';

const BOB = '5511987654321@s.whatsapp.net';

/** A page that answers so. */
function sendingTo(answer: () => Promise<unknown>): { sending: Sending; handed: unknown[][] } {
  const handed: unknown[][] = [];
  const client = {
    sendMessage: (...args: unknown[]) => {
      handed.push(args);
      return answer();
    },
    getContactLidAndPhone: () => Promise.resolve([{}]),
  } as unknown as Client;
  const library = { MessageMedia: Object } as unknown as Library;
  const parts = { client, library, people: new People(client), keptMessage: () => Promise.resolve(undefined) };
  return { sending: new Sending(parts), handed };
}

const page = (ack: number) => () =>
  Promise.resolve({ id: { id: '3EB0', _serialized: 'true_5511987654321@c.us_3EB0' }, ack, timestamp: 1_700_000_000 });

describe('what becomes of a message', () => {
  it.each([
    [1, { ok: true, timestamp: 1_700_000_000_000 }],
    [0, { ok: false, code: 'outcome_unknown' }],
    [-1, { ok: false, code: 'refused' }],
  ])('with the acknowledgement %i', async (ack, outcome) => {
    const { sending, handed } = sendingTo(page(ack));
    const names: string[] = [];
    const named = (waId: string) => Promise.resolve(void names.push(waId));
    expect(await sending.send(to(BOB, text('oi')), named)).toMatchObject(outcome);
    expect(names).toEqual(['3EB0']);
    expect(handed).toMatchObject([['5511987654321@c.us', 'oi', { waitUntilMsgSent: true }]]);
    expect(await sending.isOurs('3EB0')).toBe(true);
    expect(await sending.isOurs('another')).toBe(false);
  });

  it('is not known where the page does not answer in time, and a refusal where it throws', async () => {
    const nobody = () => Promise.resolve();
    const silent = sendingTo(() => Promise.reject(new Error('Runtime.callFunctionOn timed out.')));
    expect(await silent.sending.send(to(BOB, text('oi')), nobody)).toMatchObject({ code: 'outcome_unknown' });
    const throwing = sendingTo(() => Promise.reject(new Error('No LID for user')));
    expect(await throwing.sending.send(to(BOB, text('oi')), nobody)).toMatchObject({ code: 'refused' });
  });

  it('is named where its file cannot be read, and the page gets nothing', async () => {
    const { sending, handed } = sendingTo(page(1));
    const media = file(Buffer.from('x'), {
      open: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('the disk is gone')) }) }),
    });
    const message = to(BOB, { type: 'image', media, caption: null, mentions: [] });
    const outcome = await sending.send(message, () => Promise.resolve());
    expect(outcome).toEqual({ ok: false, code: 'media_unavailable', reason: 'the disk is gone' });
    expect(handed).toEqual([]);
  });
});
