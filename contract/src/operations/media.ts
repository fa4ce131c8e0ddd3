/** Files to send, and those that came. */
import { z } from 'zod';
import { Media } from '../content.ts';
import { MediaAddress, Upload } from '../media.ts';
import { defineOperation } from '../operation.ts';
import { mediaWait, messageParams, tenantQuery } from '../parameters.ts';

const file = { meaning: 'The file', types: ['*/*'] } as const;

export const mediaOperations = {
  uploadMedia: defineOperation({
    id: 'uploadMedia',
    limitedKeys: true,
    method: 'POST',
    path: '/media',
    tag: 'Media',
    summary: 'Upload a file to send',
    description:
      "As `multipart/form-data` with a part named `file`, or the bytes themselves with their media type. The answer's `id` is the `uploadId` of messages: one upload serves as many as you like. Removed after 24 hours where no message named it.",
    access: 'agent',
    query: tenantQuery.extend({
      filename: z.string().max(255).optional().meta({ description: 'For bytes without a form' }),
    }),
    file: true,
    answers: { 201: { meaning: 'The file is stored', schema: Upload } },
    errors: ['media_too_large', 'quota_exceeded', 'disk_full', 'tenant_not_found'],
  }),
  getMessageMedia: defineOperation({
    id: 'getMessageMedia',
    limitedKeys: true,
    method: 'GET',
    path: '/messages/:id/media',
    tag: 'Media',
    summary: 'Where the file of a message is',
    description:
      'An address that is good for an hour. A file that is not here yet is fetched now, however large: 202, and `message.media` tells when it came.',
    access: 'viewer',
    params: messageParams,
    query: z.object({ wait: mediaWait }),
    answers: {
      200: { meaning: 'Its address', schema: MediaAddress },
      202: { meaning: 'It is on its way', schema: Media },
    },
    errors: [
      'message_not_found',
      'media_not_found',
      'media_gone',
      'quota_exceeded',
      'session_not_connected',
      'not_supported_by_engine',
    ],
  }),
  fetchMedia: defineOperation({
    id: 'fetchMedia',
    method: 'GET',
    path: '/media/:id',
    tag: 'Media',
    summary: 'The file itself, at a signed address',
    description: 'What `GET /messages/:id/media` answers leads here. What a browser could run comes as an attachment.',
    access: 'public',
    params: messageParams,
    query: z.object({ expires: z.string().max(20).default(''), signature: z.string().max(100).default('') }),
    answers: {
      200: file,
      206: { meaning: 'The part of it that `Range` asks for', types: ['*/*'] },
      304: { meaning: 'It is as `If-None-Match` says' },
    },
    errors: ['media_address_invalid', 'media_not_found', 'media_gone', 'range_not_satisfiable'],
  }),
} as const;
