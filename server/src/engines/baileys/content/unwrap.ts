/** What stands inside of the wrappers that WhatsApp puts around a message, and what they say about it. */
import type { proto } from '../library.ts';

export type Unwrapped = {
  message: proto.IMessage;
  /** The protocol's own name of what it says; undefined where it says nothing by itself. */
  kind: Kind | undefined;
  viewOnce: boolean;
};

export type Kind = keyof proto.IMessage;

const wrappers = [
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'editedMessage',
  'associatedChildMessage',
  'groupMentionedMessage',
  'botInvokeMessage',
  'lottieStickerMessage',
  'groupStatusMessage',
  'groupStatusMessageV2',
  'pollCreationMessageV4',
  'botForwardedMessage',
] as const satisfies readonly Kind[];

/** Parts that accompany a message and are none by themselves. */
const accompanying = new Set<string>([
  'messageContextInfo',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
]);

/** Whoever nests deeper than this means harm. */
const DEEPEST = 6;

export function unwrap(outer: proto.IMessage): Unwrapped {
  let message = outer;
  let viewOnce = false;
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const kind = kindOf(message);
    const wrapper = wrappers.find((name) => name === kind);
    const inner = wrapper && message[wrapper]?.message;
    if (!inner) return { message, kind, viewOnce };
    viewOnce ||= wrapper.startsWith('viewOnce');
    message = inner;
  }
  return { message, kind: kindOf(message), viewOnce };
}

function kindOf(message: proto.IMessage): Kind | undefined {
  for (const [key, value] of Object.entries(message)) {
    if (value !== null && value !== undefined && !accompanying.has(key)) return key as Kind;
  }
  return undefined;
}
