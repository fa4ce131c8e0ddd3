/** Does `work` for each item, at most `width` of them at a time. Rejects with the first failure. */
export async function inTurns<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const entries = items.entries();
  const worker = async () => {
    for (const [index, item] of entries) await work(item, index);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
