/** All pages of a list; `more` gets `{ cursor }` for every page but the first. */
export async function everything<T>(
  page: (more: { cursor?: string }) => Promise<{ data: T[]; nextCursor: string | null }>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const { data, nextCursor }: { data: T[]; nextCursor: string | null } = await page(
      cursor === null ? {} : { cursor },
    );
    all.push(...data);
    cursor = nextCursor;
  } while (cursor !== null);
  return all;
}
