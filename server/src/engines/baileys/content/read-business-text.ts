/** The words of what only businesses send and of the answers to it: buttons, lists, templates. As a person reads them, without the buttons. */
import type { EngineContent } from '../../../ports/engine.ts';
import type { proto } from '../library.ts';
import type { Kind } from './unwrap.ts';

/** Null where the kind is none of these, or carries no words. */
export function readBusinessText(message: proto.IMessage, kind: Kind): EngineContent | null {
  const text = wordsOf(message, kind);
  return text ? { type: 'text', text, mentions: [] } : null;
}

function wordsOf(message: proto.IMessage, kind: Kind): string | null | undefined {
  switch (kind) {
    case 'buttonsMessage':
      return message.buttonsMessage?.contentText;
    case 'buttonsResponseMessage':
      return message.buttonsResponseMessage?.selectedDisplayText;
    case 'listMessage':
      return lines(message.listMessage?.title, message.listMessage?.description);
    case 'listResponseMessage':
      return message.listResponseMessage?.title;
    case 'templateMessage':
      return template(message.templateMessage ?? {});
    case 'templateButtonReplyMessage':
      return message.templateButtonReplyMessage?.selectedDisplayText;
    case 'interactiveMessage':
      return interactive(message.interactiveMessage);
    case 'interactiveResponseMessage':
      return message.interactiveResponseMessage?.body?.text;
    default:
      return null;
  }
}

function template(message: proto.Message.ITemplateMessage): string | null | undefined {
  const hydrated = message.hydratedTemplate ?? message.hydratedFourRowTemplate;
  return hydrated
    ? lines(hydrated.hydratedTitleText, hydrated.hydratedContentText, hydrated.hydratedFooterText)
    : interactive(message.interactiveMessageTemplate);
}

function interactive(message: proto.Message.IInteractiveMessage | null | undefined): string {
  return lines(message?.header?.title, message?.body?.text, message?.footer?.text);
}

function lines(...parts: (string | null | undefined)[]): string {
  return parts.filter(Boolean).join('\n');
}
