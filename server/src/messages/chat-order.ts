/** Messages of one chat leave one after another, those of different chats do not wait for each other. */

export class ChatOrder {
  /** The last turn of each chat, under every name that the chat goes by. */
  readonly #last = new Map<string, Promise<void>>();

  /** Whether something in this chat has its turn, or waits for it. */
  isBusy(names: readonly string[]): boolean {
    return names.some((name) => this.#last.has(name));
  }

  /** `work` begins when what was given before for any of these names is over. It must not reject. */
  async take(names: readonly string[], work: () => Promise<void>): Promise<void> {
    const before = Promise.all(names.flatMap((name) => this.#last.get(name) ?? []));
    const turn = before.then(work);
    for (const name of names) this.#last.set(name, turn);
    await turn;
    for (const name of names) if (this.#last.get(name) === turn) this.#last.delete(name);
  }
}
