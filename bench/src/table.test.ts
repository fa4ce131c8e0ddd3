import { expect, test } from 'vitest';
import { type Figure, isReached, jsonLine } from './figure.ts';
import { tableOf } from './table.ts';

const inbound: Figure = {
  id: 'inbound_cpu',
  what: 'inbound text, CPU per message',
  sessions: 300,
  unit: 'ms',
  zapfleet: 0.98765,
  raw: 0.4,
  sandbox: 0.15,
  required: { atMost: 1 },
  detail: { messages: 3000 },
};
const restoreRate: Figure = {
  ...inbound,
  id: 'restore_rate',
  what: 'restore',
  sessions: 1000,
  unit: '1/s',
  zapfleet: 1234.5,
  raw: null,
  sandbox: null,
  required: null,
};

test('a requirement is an upper or a lower bound, both inclusive', () => {
  expect(isReached({ zapfleet: 8, required: { atMost: 8 } })).toBe(true);
  expect(isReached({ zapfleet: 8.1, required: { atMost: 8 } })).toBe(false);
  expect(isReached({ zapfleet: 5000, required: { atLeast: 5000 } })).toBe(true);
  expect(isReached({ zapfleet: 4999, required: { atLeast: 5000 } })).toBe(false);
  expect(isReached({ zapfleet: 1, required: null })).toBeNull();
});

test('the table shows both contenders, what is required and whether it is reached, in aligned columns', () => {
  const lines = tableOf([inbound, restoreRate, { ...inbound, zapfleet: 1.5 }]).split('\n');
  expect(lines).toEqual([
    'figure                         sessions  unit  Zapfleet  raw Baileys  required     sandbox CPU ms',
    '─────────────────────────────  ────────  ────  ────────  ───────────  ────────  ─  ──────────────',
    'inbound text, CPU per message       300  ms       0.988          0.4       ≤ 1  ✓            0.15',
    'restore                           1,000  1/s      1,230            –         –                  –',
    'inbound text, CPU per message       300  ms         1.5          0.4       ≤ 1  ✗            0.15',
  ]);
});

test('a program gets one line of JSON', () => {
  expect(JSON.parse(jsonLine(inbound))).toEqual({
    figure: 'inbound_cpu',
    sessions: 300,
    unit: 'ms',
    zapfleet: 0.988,
    raw: 0.4,
    sandbox: 0.15,
    required: { atMost: 1 },
    reached: true,
    detail: { messages: 3000 },
  });
});
