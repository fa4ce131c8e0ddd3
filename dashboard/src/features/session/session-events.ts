import type { EventType, GatewayEvent, Zapfleet } from '@zapfleet/sdk';

const PAGE = 1000;
const MOST_PAGES = 20;

/** The events of one session that are still kept, oldest first. */
export async function sessionEvents(
  server: Zapfleet,
  sessionId: string,
  types: readonly (EventType | `${string}.*`)[] | null,
  signal: AbortSignal,
): Promise<GatewayEvent[]> {
  const all: GatewayEvent[] = [];
  let after = 0;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { sessionId, after, limit: PAGE, ...(types && { types: types.join(',') }) };
    const { data, nextCursor } = await server.listEvents({ query, signal });
    all.push(...data);
    if (nextCursor === null) break;
    after = Number(nextCursor);
  }
  return all;
}
