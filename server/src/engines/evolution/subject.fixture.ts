/** The engine on a server of the sandbox, with a door of its own for what that server tells. */
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../clock.ts';
import { openEgress } from '../../egress/open-egress.ts';
import type { Subject } from '../conformance-setting.ts';
import { networkOf } from '../conformance-setting.ts';
import type { Generation } from './dialect.ts';
import { evolutionCapabilities, evolutionEngine } from './engine.ts';
import { createHooks, type EvolutionHooks } from './hooks.ts';
import { marksOf } from './names.ts';

export const marks = marksOf('the key of a test');

/** What came in: names of events. */
export type Door = { url: string; heard: string[]; close(): Promise<void> };

export async function openDoor(hooks: EvolutionHooks): Promise<Door> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const [, , , name = '', secret = ''] = (request.url ?? '').split('/');
      const body = (await json(request)) as { event: string };
      heard.push(body.event);
      const isKnown = hooks.knows(name, secret);
      if (isKnown) await hooks.receive(name, body);
      response.writeHead(isKnown ? 200 : 404).end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard, close };
}

export function evolutionOn(generation: Generation): Subject {
  return {
    title: `evolution, generation ${generation}`,
    capabilities: evolutionCapabilities,
    staysOnline: true,
    lacks: new Set([
      'looks',
      'riddles',
      'reupload',
      'breaks',
      'caption_edit',
      'cards',
      'group_receipts',
      'group_news',
      'group_timer',
      'group_numbers',
      'undescribe',
      'audiences',
      'restrictions',
      ...(generation === 'v1' ? (['gif', 'votes'] as const) : []),
    ]),
    async reach(sandbox) {
      const hooks = createHooks(marks);
      const door = await openDoor(hooks);
      const egress = openEgress({ allow: true, userAgent: 'test' });
      const servers = (await (await fetch(`${sandbox.controlUrl}/sandbox/evolution`)).json()) as Record<string, string>;
      const reach = { url: servers[generation] ?? '', apiKey: servers['apiKey'] ?? '', egress, ownUrl: () => door.url };
      return {
        engine: evolutionEngine({
          serverOf: () => Promise.resolve(reach),
          servers: () => Promise.resolve([reach]),
          ...{ own: { egress, ownUrl: () => door.url }, hasServer: true },
          ...{ marks, hooks, clock: systemClock },
        }),
        network: networkOf(sandbox),
        async close() {
          await door.close();
          await egress[Symbol.asyncDispose]();
        },
      };
    },
  };
}
