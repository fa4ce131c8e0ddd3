/** Every operation of the HTTP interface: one file for each group in `operations/`. */
import { compatibleOperations } from './compatible.ts';
import { chatOperations } from './operations/chats.ts';
import { accountOperations } from './operations/accounts.ts';
import { authOperations } from './operations/auth.ts';
import { eventOperations } from './operations/events.ts';
import { evolutionHookOperations } from './operations/evolution-hooks.ts';
import { groupOperations } from './operations/groups.ts';
import { mediaOperations } from './operations/media.ts';
import { messageOperations } from './operations/messages.ts';
import { pairingLinkOperations } from './operations/pairing-links.ts';
import { sandboxGroupOperations } from './operations/sandbox-groups.ts';
import { sandboxOperations } from './operations/sandbox.ts';
import { sandboxTrafficOperations } from './operations/sandbox-traffic.ts';
import { serviceOperations } from './operations/service.ts';
import { sessionOperations } from './operations/sessions.ts';
import { statsOperations } from './operations/stats.ts';
import { webhookOperations } from './operations/webhooks.ts';

export const operations = {
  ...serviceOperations,
  ...sessionOperations,
  ...pairingLinkOperations,
  ...messageOperations,
  ...chatOperations,
  ...groupOperations,
  ...mediaOperations,
  ...eventOperations,
  ...evolutionHookOperations,
  ...accountOperations,
  ...authOperations,
  ...webhookOperations,
  ...statsOperations,
  ...compatibleOperations,
  ...sandboxOperations,
  ...sandboxGroupOperations,
  ...sandboxTrafficOperations,
} as const;

export type OperationId = keyof typeof operations;
