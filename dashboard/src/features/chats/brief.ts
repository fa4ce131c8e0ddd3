import type { MessageContent } from '@zapfleet/sdk';
import { useTranslation } from 'react-i18next';

/** A message in one line. */
export function useBrief(): (content: MessageContent) => string {
  const { t } = useTranslation();
  return (content) => {
    switch (content.type) {
      case 'text':
        return content.text;
      case 'image':
      case 'video':
      case 'document':
        return content.caption ?? content.media.filename ?? t(`kind.${content.type}`);
      case 'poll':
        return `${t('kind.poll')}: ${content.question}`;
      case 'location':
        return content.name ?? t('kind.location');
      case 'contact':
        return content.contacts.map(({ name }) => name).join(', ');
      default:
        return t(`kind.${content.type}`);
    }
  };
}
