/** The doors beside the routes: sockets, streams and signed addresses of files, tried by every caller. */
import { io, type Socket } from 'socket.io-client';
import { connect } from '../client.ts';
import type { Expect } from './matrix.ts';
import type { Caller, Side, World } from './world.ts';

type Ack = { ok: boolean; error?: { code: string } };

const PATIENCE_MS = 20_000;

export async function tryDoors(world: World, expect: Expect): Promise<void> {
  await trySockets(world, expect);
  for (const caller of world.callers.filter(({ tenant }) => tenant === 'theirs'))
    await tryStream(world, caller, expect);
  await tryFiles(world, expect);
}

type Listener = { caller: Caller; socket: Socket; heard: [name: string, text: string][] };

async function listen({ server, ours }: World, caller: Caller): Promise<Listener> {
  const socket = io(server.url, {
    // Only the token says who somebody is.
    auth: { token: caller.key, tenantId: ours.tenantId, role: 'master', sessions: null },
    query: { tenantId: ours.tenantId },
    extraHeaders: { 'x-tenant-id': ours.tenantId },
    transports: ['websocket'],
    reconnection: false,
  });
  const heard: Listener['heard'] = [];
  socket.onAny((name: string, ...args: unknown[]) => heard.push([name, JSON.stringify(args)]));
  await new Promise((resolve, reject) => socket.once('connected', resolve).once('connect_error', reject));
  return { caller, socket, heard };
}

async function trySockets(world: World, expect: Expect): Promise<void> {
  const { ours, master } = world;
  const listeners = await Promise.all(world.callers.map((caller) => listen(world, caller)));
  const ask = (socket: Socket, name: string, payload: object): Promise<Ack> =>
    socket.timeout(PATIENCE_MS).emitWithAck(name, payload) as Promise<Ack>;
  try {
    for (const { caller, socket, heard } of listeners) {
      for (const [what, id] of sessionsOf(ours)) {
        const isHis = caller.tenant !== 'theirs' && !(caller.limited && what !== 'his own');
        for (const payload of [
          { sessionId: id, lastSeq: 0 },
          { sessionId: id, tenantId: ours.tenantId },
        ]) {
          const { ok, error } = await ask(socket, 'subscribe:session', payload);
          const holds = isHis ? ok : !ok && error?.code === 'session_not_found';
          expect('subscribe:session', caller.name, holds, `${what}: ${JSON.stringify({ ok, error })}`);
        }
        const left = await ask(socket, 'unsubscribe:session', { sessionId: id });
        expect('unsubscribe:session', caller.name, left.ok === isHis, `${what}: ${JSON.stringify(left)}`);
      }
      // Whatever they were told came before the answer that they left.
      const sees = (name: string): boolean => heard.some(([event]) => event === name);
      const maySeeQr = caller.tenant !== 'theirs' && !caller.limited && /admin|master/.test(caller.role);
      expect('qr', caller.name, sees('qr') === maySeeQr, 'a QR code, or none');
      await ask(socket, 'subscribe:session', { sessionId: ours.ids.session });
      await ask(socket, 'subscribe:session', { sessionId: `${ours.canary}-1` });
    }
    const text = `${ours.canary} news`;
    const arrived = listeners
      .filter(({ caller }) => caller.tenant !== 'theirs')
      .map(
        ({ socket }) => new Promise<void>((resolve) => socket.on('event', (event) => tells(event, text) && resolve())),
      );
    await master.call('sendMessage', { params: { id: ours.ids.session }, body: { to: ours.ids.phone, text } });
    await Promise.all(arrived);
    for (const { caller, socket, heard } of listeners) {
      if (caller.tenant !== 'theirs') continue;
      await ask(socket, 'subscribe:session', { sessionId: 'nobody' });
      const told = heard.filter(([, said]) => said.includes(ours.canary) || said.includes(ours.ids.session));
      expect('event', caller.name, told.length === 0, `was told ${JSON.stringify(told).slice(0, 200)}`);
    }
  } finally {
    for (const { socket } of listeners) socket.disconnect();
  }
}

const sessionsOf = ({ ids, beyond, unlinked }: Side): [what: string, id: string][] => [
  ['his own', ids.session],
  ['another', beyond[0]?.session ?? ''],
  ['one that shows a QR code', unlinked],
];

const tells = (event: unknown, text: string): boolean => JSON.stringify(event).includes(text);

/** From the beginning of the log: what is ours happened first, and would come before what is theirs. */
async function tryStream({ server, ours, theirs }: World, caller: Caller, expect: Expect): Promise<void> {
  const ending = new AbortController();
  const response = await fetch(`${server.url}/events/stream?after=0`, {
    headers: { 'x-api-key': caller.key, 'x-tenant-id': ours.tenantId },
    signal: AbortSignal.any([ending.signal, AbortSignal.timeout(PATIENCE_MS)]),
  });
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.includes(`${theirs.canary}-1 text`)) break;
  }
  ending.abort();
  const learnt = text.includes(ours.canary) || text.includes(ours.tenantId);
  expect('streamEvents', caller.name, !learnt, 'read what happens to the other tenant');
}

/** A signature opens the file that it is for, for the time that it is for, and no other. */
async function tryFiles({ server, callers, ours, theirs }: World, expect: Expect): Promise<void> {
  const addressOf = async (side: Side): Promise<URL> => {
    const admin = callers.find(({ name }) => name === (side === ours ? 'ours admin' : 'theirs admin'));
    const client = connect({ ...server, apiKey: admin?.key ?? '' });
    const { body } = await client.answer('getMessageMedia', { params: { id: side.picture } });
    return new URL((body as { url: string }).url);
  };
  const [own, foreign] = [await addressOf(ours), await addressOf(theirs)];
  const opens = async (address: URL): Promise<boolean> => (await fetch(address)).ok;
  expect('fetchMedia', 'whoever has the address', await opens(own), 'his file is not there');
  const mixed = new URL(foreign);
  mixed.pathname = own.pathname;
  const later = new URL(own);
  later.searchParams.set('expires', String(Number(own.searchParams.get('expires')) + 3600));
  const unsigned = new URL(own.pathname, own);
  for (const [what, address] of Object.entries({ mixed, later, unsigned }))
    expect('fetchMedia', 'somebody', !(await opens(address)), `a file opened by an address that is ${what}`);
}
