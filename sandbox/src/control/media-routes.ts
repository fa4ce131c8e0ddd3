import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Refused } from '../network/refused.ts';
import { openMedia } from '../people/screen-media.ts';
import type { Blob } from '../store/blobs.ts';
import type { Controls } from './controls.ts';
import { PhoneParams, phoneOf } from './phone-routes.ts';

const MessageParams = PhoneParams.extend({ id: z.string().min(1) });

export function mediaRoutes(http: FastifyInstance, { world, trust }: Controls): void {
  http.get('/sandbox/network', () => ({ ...trust, mediaHost: world.media.hostname }));

  /** What this account's phone and companions have left on the media host. */
  http.get('/sandbox/phones/:phone/media', (request) => {
    const account = phoneOf(world, request.params);
    return { data: world.media.blobs.of(account.phone).map(blobView), nextCursor: null };
  });

  /** The plain file of a message, as the phone decrypted it. */
  http.get('/sandbox/phones/:phone/messages/:id/media', async (request, reply) => {
    const account = phoneOf(world, request.params);
    const { id } = MessageParams.parse(request.params);
    const message = world.screens.byId(account.phone, id);
    const media = message && (await openMedia(world, message));
    if (media === undefined) {
      throw new Refused(404, 'media_not_found', 'The phone has no file for this message, or it is damaged.', { id });
    }
    return reply.header('content-type', media.mimetype).header('content-length', media.bytes).send(media.content);
  });
}

function blobView({ path, file, kind, device, bytes, createdAt, downloads, goneAs }: Blob): object {
  return {
    path,
    kind,
    /** Encrypted, both. */
    size: bytes,
    sha256: file,
    uploadedBy: device === 0 ? 'phone' : device,
    uploadedAt: new Date(createdAt).toISOString(),
    downloads,
    gone: goneAs !== undefined,
  };
}
