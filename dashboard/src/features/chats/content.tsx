/** What a message says, by its kind. */
import { useQuery } from '@tanstack/react-query';
import type { Media, Message } from '@zapfleet/sdk';
import { FileDown, MapPin, UserRound } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { sayNumber } from '../../words/say.ts';

export function Content({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { content } = message;
  switch (content.type) {
    case 'text':
      return (
        <>
          <p className="whitespace-pre-wrap">{content.text}</p>
          {content.linkPreview?.title != null && (
            <p className="rounded bg-ground/60 px-2 py-1 text-sm">{content.linkPreview.title}</p>
          )}
        </>
      );
    case 'image':
    case 'video':
    case 'document':
      return (
        <>
          <File message={message} kind={content.type} media={content.media} />
          {content.caption !== null && <p className="whitespace-pre-wrap">{content.caption}</p>}
        </>
      );
    case 'audio':
    case 'voice':
    case 'sticker':
      return <File message={message} kind={content.type} media={content.media} />;
    case 'location':
      return (
        <p className="flex items-center gap-2">
          <MapPin aria-hidden className="size-5 shrink-0" />
          <span>
            {content.name ?? t('kind.location')}
            {content.address !== null && <span className="note block">{content.address}</span>}
            <a
              className="link block text-sm"
              href={`https://www.openstreetmap.org/?mlat=${content.latitude}&mlon=${content.longitude}&zoom=16`}
              target="_blank"
              rel="noreferrer"
            >
              {/* With points in every language, for commas stand between the two. */}
              {[content.latitude, content.longitude].map((one) => Number(one.toFixed(5))).join(', ')}
            </a>
          </span>
        </p>
      );
    case 'contact':
      return (
        <ul>
          {content.contacts.map(({ name, phoneNumbers }) => (
            <li key={name} className="flex items-center gap-2">
              <UserRound aria-hidden className="size-5 shrink-0" />
              <span>
                {name} <span className="note">{phoneNumbers.join(', ')}</span>
              </span>
            </li>
          ))}
        </ul>
      );
    case 'poll':
      return (
        <div className="grid gap-1">
          <p className="font-medium">{content.question}</p>
          <ul className="grid gap-1 text-sm">
            {content.options.map((option) => (
              <li key={option} className="flex justify-between gap-4 rounded bg-ground/60 px-2 py-1">
                <span>{option}</span>
                <span className="tabular-nums">
                  {sayNumber(message.pollResults?.find((one) => one.option === option)?.voters.length ?? 0)}
                </span>
              </li>
            ))}
          </ul>
        </div>
      );
    case 'unsupported':
      return <p className="italic">{t('chats.unsupported', { kind: content.kind })}</p>;
    default:
      return <p className="italic">{t(`kind.${content.type}`)}</p>;
  }
}

const MOST_PX = 288;

/** It has its size before it is there, so that nothing jumps. */
function Picture({ kind, media, address }: { kind: 'image' | 'sticker'; media: Media; address: string }) {
  const { t } = useTranslation();
  const [isBroken, setBroken] = useState(false);
  const { width, height } = media;
  const scale = height === null ? 1 : Math.min(1, MOST_PX / height);
  if (isBroken) return <p className="italic">{t('mediaState.failed', { kind: t(`kind.${kind}`) })}</p>;
  return (
    <img
      src={address}
      alt={media.filename ?? t(`kind.${kind}`)}
      loading="lazy"
      {...(width !== null &&
        height !== null && { width: Math.round(width * scale), height: Math.round(height * scale) })}
      className="max-h-72 max-w-full rounded-lg bg-ground"
      onError={() => setBroken(true)}
    />
  );
}

type FileKind = 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker';

function File({ message, kind, media }: { message: Message; kind: FileKind; media: Media }) {
  const { t } = useTranslation();
  const { id } = message;
  const { data: address } = useQuery({
    queryKey: ['media', id, media.state],
    queryFn: async ({ signal }) => {
      const told = await server.getMessageMedia({ path: { id }, signal });
      // From where the page is: what the server is called from outside may be another name.
      if (!('url' in told)) return null;
      const { pathname, search } = new URL(told.url, location.href);
      return pathname + search;
    },
    enabled: media.state === 'stored',
    staleTime: 5 * 60_000,
  });
  if (media.state !== 'stored')
    return <p className="italic">{t(`mediaState.${media.state}`, { kind: t(`kind.${kind}`) })}</p>;
  if (!address) return <p className="note">{t('loading')}</p>;
  const name = media.filename ?? t(`kind.${kind}`);
  if (kind === 'image' || kind === 'sticker') return <Picture kind={kind} media={media} address={address} />;
  // Captions are not to be had: WhatsApp has none.
  if (kind === 'video')
    return (
      <video src={address} controls preload="metadata" aria-label={name} className="max-h-72 max-w-full rounded-lg" />
    );
  if (kind === 'audio' || kind === 'voice')
    return <audio src={address} controls preload="metadata" aria-label={name} className="max-w-full" />;
  return (
    <a href={address} download={name} className="link flex items-center gap-2">
      <FileDown aria-hidden className="size-5 shrink-0" /> {name}
    </a>
  );
}
