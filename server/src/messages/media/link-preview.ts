/** What a link in a text leads to: title, description and a small picture, as the page says itself. Bounded in bytes and time; never a reason not to send. */
import type { LinkPreview, TenantId } from '@zapfleet/contract';
import type { Egress, EgressAnswer } from '../../ports/egress.ts';
import type { Log } from '../../ports/log.ts';
import { pageReader } from './page-head.ts';
import type { Intake, Taken } from './intake.ts';

export type LinkPreviews = {
  /** null: there is no address in the text, or nothing can be said of it. Never rejects. */
  make(
    tenantId: TenantId,
    text: string,
    signal?: AbortSignal,
  ): Promise<{ preview: LinkPreview; image: Taken | null } | null>;
};

const REDIRECTS = 3;
const ANSWER_WITHIN_MS = 4000;
const PAGE_WITHIN_MS = 5000;
const IMAGE_WITHIN_MS = 3000;
/** Of a page only the beginning is read, however long it is. */
const PAGE_BYTES = 512 * 1024;
const LONGEST_PAGE = 1024 * 1024 * 1024;
const IMAGE_BYTES = 64 * 1024;

export function createLinkPreviews({
  egress,
  intake,
  log,
}: {
  egress: Egress;
  intake: Intake;
  log: Log;
}): LinkPreviews {
  async function get(
    url: string,
    accept: string,
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<EgressAnswer | null> {
    const answer = await egress.request({
      method: 'GET',
      url,
      headers: { accept, 'accept-encoding': 'identity' },
      redirects: REDIRECTS,
      headersWithinMs: ANSWER_WITHIN_MS,
      withinMs,
      largestBody: LONGEST_PAGE,
      ...(signal && { signal }),
    });
    if (answer.status === 200) return answer;
    answer.discard();
    return null;
  }

  async function readPage(url: string, signal?: AbortSignal) {
    const answer = await get(url, 'text/html, application/xhtml+xml', PAGE_WITHIN_MS, signal);
    if (!answer) return null;
    try {
      const type = String(answer.headers['content-type'] ?? '');
      if (!/^(text\/html|application\/xhtml\+xml)\b/i.test(type)) return null;
      const reader = await pageReader(type);
      let left = PAGE_BYTES;
      for await (const chunk of answer.body) {
        reader.read(chunk.subarray(0, left));
        left -= chunk.byteLength;
        if (left <= 0 || reader.isDone()) break;
      }
      return { ...reader.end(), url: answer.url };
    } finally {
      answer.discard();
    }
  }

  async function fetchImage(tenantId: TenantId, url: string, signal?: AbortSignal): Promise<Taken | null> {
    const answer = await get(url, 'image/jpeg', IMAGE_WITHIN_MS, signal);
    if (!answer) return null;
    try {
      const taken = await intake.take(tenantId, answer.body, IMAGE_BYTES, signal);
      if (taken.seen.mimetype === 'image/jpeg') return taken;
      await intake.discard(taken);
      return null;
    } finally {
      answer.discard();
    }
  }

  return {
    async make(tenantId, text, signal) {
      const found = firstAddress(text);
      if (found === null) return null;
      try {
        const page = await readPage(found.url, signal);
        if (!page || page.title === null) return null;
        const { title, description, image } = page;
        const imageUrl = image === null ? null : (URL.parse(image, page.url)?.href ?? null);
        // Without its picture a preview is one still.
        const picture = imageUrl === null ? null : await fetchImage(tenantId, imageUrl, signal).catch(() => null);
        return { preview: { url: found.written, title, description }, image: picture };
      } catch (error) {
        log.debug({ reason: String(error) }, 'No preview could be made of a link');
        return null;
      }
    },
  };
}

/** `written`: as it stands in the text, without the full stop behind it. */
export function firstAddress(text: string): { written: string; url: string } | null {
  const [match] = /\b(?:https?:\/\/|www\.)[^\s<>"']+/i.exec(text) ?? [];
  const written = match?.replace(/[.,;:!?)\]}*_~]+$/, '');
  if (written === undefined) return null;
  const url = URL.parse(/^www\./i.test(written) ? `https://${written}` : written);
  return url ? { written, url: url.href } : null;
}
