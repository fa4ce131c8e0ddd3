import type { proto } from 'baileys/WAProto/index.js';

/** What a message is once everything around it is taken off, and what the wrapping said. */
export type Unwrapped = { readonly inner: proto.IMessage; readonly viewOnce: boolean };

const DEEPEST = 5;
const PLAIN = ['ephemeralMessage', 'documentWithCaptionMessage', 'editedMessage', 'associatedChildMessage'] as const;
const VIEW_ONCE = ['viewOnceMessage', 'viewOnceMessageV2', 'viewOnceMessageV2Extension'] as const;

export function unwrap(message: proto.IMessage): Unwrapped {
  let inner = message;
  let viewOnce = false;
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const once = contentOf(inner, VIEW_ONCE);
    const next = once ?? contentOf(inner, PLAIN);
    if (next === undefined) break;
    viewOnce ||= once !== undefined;
    inner = next;
  }
  return { inner, viewOnce };
}

function contentOf(
  message: proto.IMessage,
  wrappers: readonly (typeof PLAIN | typeof VIEW_ONCE)[number][],
): proto.IMessage | undefined {
  for (const wrapper of wrappers) {
    const content = message[wrapper]?.message;
    if (content != null) return content;
  }
  return undefined;
}

/** What a message says about itself: whom it answers and names, how often it was passed on, how long it stays. */
export function contextOf(inner: proto.IMessage): proto.IContextInfo | undefined {
  for (const part of Object.values(inner) as unknown[]) {
    if (typeof part !== 'object' || part === null || !('contextInfo' in part)) continue;
    if (part.contextInfo != null) return part.contextInfo;
  }
  return undefined;
}
