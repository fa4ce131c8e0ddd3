import type { Connection } from './connections.ts';

/** What somebody does in a chat. */
export type Doing = 'composing' | 'recording' | 'paused';

/** What a phone noticed of somebody who types: in which chat (a number or a group), and when. Times are milliseconds. */
export type Noticed = { readonly from: string; readonly chat: string; readonly doing: Doing; readonly at: number };

const KEPT = 100;

/**
 * Who is online, who wants to know, and what phones have noticed. As in the real network nothing of it is kept: who comes
 * back has to ask again.
 */
export class Presences {
  readonly #phonesOn = new Set<string>();
  readonly #lastSeen = new Map<string, number>();
  /** Number → who asked for it, and by which name. */
  readonly #watchers = new Map<string, Map<Connection, string>>();
  readonly #noticed = new Map<string, Noticed[]>();

  isPhoneOn(phone: string): boolean {
    return this.#phonesOn.has(phone);
  }

  setPhoneOn(phone: string, on: boolean): void {
    if (on) this.#phonesOn.add(phone);
    else this.#phonesOn.delete(phone);
  }

  /** When somebody was last online; undefined while that is not known. */
  lastSeen(phone: string): number | undefined {
    return this.#lastSeen.get(phone);
  }

  leave(phone: string, at: number): void {
    this.#lastSeen.set(phone, at);
  }

  watch(phone: string, connection: Connection, name: string): void {
    const watchers = this.#watchers.get(phone) ?? new Map<Connection, string>();
    this.#watchers.set(phone, watchers.set(connection, name));
  }

  /** Who wants to know of this account, each with the name by which it asked. */
  watchersOf(phone: string): Iterable<[Connection, string]> {
    return this.#watchers.get(phone) ?? [];
  }

  forget(connection: Connection): void {
    for (const [phone, watchers] of this.#watchers) {
      if (watchers.delete(connection) && watchers.size === 0) this.#watchers.delete(phone);
    }
  }

  notice(phone: string, noticed: Noticed): void {
    const before = this.#noticed.get(phone) ?? [];
    this.#noticed.set(phone, [...before.slice(1 - KEPT), noticed]);
  }

  /** Oldest first, the last hundred. */
  noticedBy(phone: string): readonly Noticed[] {
    return this.#noticed.get(phone) ?? [];
  }
}
