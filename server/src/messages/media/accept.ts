/** Makes a stored file of what a request to send names, before its message is accepted. */
import type { MediaId, NewId } from '@zapfleet/contract';
import { GatewayError, invalidField } from '../../domain/gateway-error.ts';
import {
  bareType,
  cleanFilename,
  emptyMedia,
  type MediaDetails,
  type MediaRecord,
  mediaDetails,
  mediaResource,
  mimetypeOf,
  misfit,
  VOICE_TYPE,
} from '../../domain/media.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Egress } from '../../ports/egress.ts';
import type { AcceptedMedia, MediaRequest, MessageMedia } from '../../ports/media.ts';
import type { Store } from '../../ports/store.ts';
import { type Intake, refusalOf, type Taken } from './intake.ts';
import { withPatience } from './patience.ts';
import { type Source, sourceAt, sourceIn } from './sources.ts';

export type AcceptParts = {
  store: Store;
  intake: Intake;
  egress: Egress;
  clock: Clock;
  newId: NewId;
  /** Bytes of any file. */
  most: number;
};

type OfSession = Pick<SessionRecord, 'id' | 'tenantId'>;

const NOTHING_FOR_MS = 30_000;

export function createAccept({ store, intake, egress, clock, newId, most }: AcceptParts): MessageMedia['accept'] {
  async function open({ url, base64 = '' }: MediaRequest['media'], signal: AbortSignal): Promise<Source> {
    return url === undefined ? sourceIn(base64) : sourceAt(egress, url, most, signal);
  }

  async function fresh(session: OfSession, request: MediaRequest, signal?: AbortSignal): Promise<AcceptedMedia> {
    const { media } = request;
    const given = new AbortController();
    const within = signal ? AbortSignal.any([signal, given.signal]) : given.signal;
    const source = await open(media, within);
    const bytes = withPatience(source.bytes, NOTHING_FOR_MS, clock, given);
    const taken = await intake.take(session.tenantId, bytes, most, within).catch((error: unknown) => {
      throw unavailable(refusalOf(error, most), request);
    });
    try {
      const { file, seen } = taken;
      const details: MediaDetails = {
        ...{ size: file.size, sha256: file.sha256, waveform: null },
        ...{ width: seen.width, height: seen.height, seconds: seen.seconds },
        mimetype: mimetypeOf(media.mimetype, seen.mimetype, source.served),
        filename: cleanFilename(media.filename ?? source.filename),
      };
      return accepted(session, request, details, taken);
    } catch (error) {
      await intake.discard(taken);
      throw error;
    }
  }

  async function uploaded(session: OfSession, request: MediaRequest, id: MediaId): Promise<AcceptedMedia> {
    const upload = await store.media.get(id, session.tenantId);
    if (upload?.state !== 'stored' || upload.file === null || upload.messageId !== null) {
      throw new GatewayError('media_not_found');
    }
    const { mimetype = upload.mimetype, filename } = request.media;
    const details: MediaDetails = {
      ...mediaDetails(upload),
      mimetype,
      filename: filename === undefined ? upload.filename : cleanFilename(filename),
    };
    return accepted(session, request, details, upload.file);
  }

  /** `bytes`: the file that an upload means, or what was taken in for this message. */
  function accepted(
    session: OfSession,
    { kind, seconds, waveform }: MediaRequest,
    details: MediaDetails,
    bytes: MediaId | Taken,
  ): AcceptedMedia {
    const problem = misfit(kind, bareType(details.mimetype));
    if (problem !== null) throw invalidField('media', problem);
    const record: MediaRecord = {
      ...emptyMedia(session, newId('med'), clock.now()),
      ...details,
      mimetype: kind === 'voice' && bareType(details.mimetype) === 'audio/ogg' ? VOICE_TYPE : details.mimetype,
      seconds: seconds ?? details.seconds,
      waveform: waveform ? [...waveform] : details.waveform,
      state: 'stored',
      file: typeof bytes === 'string' ? bytes : bytes.file.id,
    };
    const { added: file, room } = typeof bytes === 'string' ? { added: null, room: [] } : bytes;
    return {
      media: mediaResource(record),
      writes: (messageId) => [
        { kind: 'media.insert', record: { ...record, messageId }, file, required: true },
        ...room,
      ],
      discard: () => (typeof bytes === 'string' ? Promise.resolve() : intake.discard(bytes)),
    };
  }

  return (session, request, signal) =>
    request.media.uploadId === undefined
      ? fresh(session, request, signal)
      : uploaded(session, request, request.media.uploadId);
}

/** A fault while an address was read is the address's; what was in the request can only fail by a fault of ours. */
function unavailable(error: unknown, { media }: MediaRequest): unknown {
  if (error instanceof GatewayError || media.url === undefined) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new GatewayError('media_unavailable', `The file did not come whole: ${reason}.`);
}
