import { describe, expect, it } from 'vitest';
import { eventsUpTo } from './feed.fixture.ts';
import { createRing } from './ring.ts';

const seqs = (ring: ReturnType<typeof createRing>, after: number): number[] | null => {
  const events = ring.after(after);
  return events && [...events].map(({ seq }) => seq);
};

describe('the ring of recent events', () => {
  it('is empty at first, and says that older ones are elsewhere', () => {
    const ring = createRing(4, 10);
    expect(seqs(ring, 10)).toEqual([]);
    expect(seqs(ring, 9)).toBeNull();
  });

  it('holds the newest, and no more than its size', () => {
    const ring = createRing(4, 0);
    const events = eventsUpTo(6);
    ring.push(events.slice(0, 3));
    expect(seqs(ring, 0)).toEqual([1, 2, 3]);
    ring.push(events.slice(3));
    expect(seqs(ring, 1)).toBeNull();
    expect(seqs(ring, 2)).toEqual([3, 4, 5, 6]);
    expect(seqs(ring, 5)).toEqual([6]);
    expect(seqs(ring, 6)).toEqual([]);
  });

  it('takes more at once than it holds', () => {
    const ring = createRing(4, 0);
    ring.push(eventsUpTo(9));
    expect(seqs(ring, 5)).toEqual([6, 7, 8, 9]);
    expect(seqs(ring, 4)).toBeNull();
  });
});
