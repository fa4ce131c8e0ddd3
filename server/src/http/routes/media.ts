import { operations, type Upload } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import { type MediaRecord, mediaDetails, mediaResource } from '../../domain/media.ts';
import { isoTime } from '../../domain/resources.ts';
import type { MediaLibrary } from '../../messages/media/library-api.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import { fileAnswer } from '../file-answer.ts';
import { readFile, takeBytes, takeFiles } from '../file-body.ts';
import { answer, route, type Router } from '../route.ts';
import { findMessage, tenantFor } from '../session-access.ts';

export type MediaRouteParts = {
  store: Store;
  media: MediaLibrary;
  clock: Clock;
  /** Where people find this server; null: as the caller does. */
  publicUrl: string | null;
};

export async function mediaRoutes(router: Router, { store, media, clock, publicUrl }: MediaRouteParts): Promise<void> {
  await router.app.register(async (scope) => {
    await takeFiles(scope);
    takeBytes(scope);
    route({ ...router, app: scope }, operations.uploadMedia, async ({ query, caller, request }) => {
      const tenantId = await tenantFor(store, caller, query.tenantId);
      const record = await readFile(request, query.filename, (upload) => media.upload(tenantId, upload));
      return answer(201, uploadResource(record));
    });
  });

  route(router, operations.getMessageMedia, async ({ params, query, caller, request }) => {
    const message = await findMessage(store, caller, params.id);
    const record = await media.find(message, query.wait * 1000);
    if (record.state !== 'stored') return answer(202, mediaResource(record), { 'retry-after': '2' });
    const { path, expiresAt } = media.sign(record);
    const url = `${publicUrl ?? `${request.protocol}://${request.host}`}${path}`;
    return answer(200, { ...mediaResource(record), url, expiresAt: isoTime(expiresAt) });
  });

  route(router, operations.fetchMedia, async ({ params, query, request, reply }) => {
    const opened = await media.open(params.id, query);
    if (!opened) throw new GatewayError('media_address_invalid');
    return fileAnswer(request, reply, opened, Number(query.expires) - clock.now() / 1000);
  });
}

function uploadResource(record: MediaRecord): Upload {
  return { id: record.id, ...mediaDetails(record), expiresAt: isoTime(record.expiresAt ?? record.createdAt) };
}
