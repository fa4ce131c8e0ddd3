import type { Handler } from './call.ts';
import { chatRoutes } from './chat-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { instanceRoutes } from './instance-routes.ts';
import { mediaRoutes } from './media-routes.ts';
import { messageRoutes } from './message-routes.ts';
import type { Generation } from './protocol.ts';

/** `METHOD group/action` → what answers it. */
export const routes: Readonly<Record<Generation, ReadonlyMap<string, Handler>>> = {
  v1: new Map([
    ...instanceRoutes('v1'),
    ...messageRoutes('v1'),
    ...mediaRoutes('v1'),
    ...groupRoutes('v1'),
    ...chatRoutes('v1'),
  ]),
  v2: new Map([
    ...instanceRoutes('v2'),
    ...messageRoutes('v2'),
    ...mediaRoutes('v2'),
    ...groupRoutes('v2'),
    ...chatRoutes('v2'),
  ]),
};
