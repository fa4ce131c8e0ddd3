/** The newcomer's steps, one after another. Each one says what it does, how to do it with curl, and what came of it. */
import { randomBytes } from 'node:crypto';
import {
  Message,
  PairingCode,
  pageOf,
  Qr,
  SandboxMessage,
  SandboxPhone,
  SentMessage,
  Session,
} from '@zapfleet/contract';
import { z } from 'zod';
import { callsTo } from './calls.ts';
import { type Listening, listenOverSocket, listenOverSse } from './listen.ts';

export type Story = { url: string; apiKey: string; link: 'qr' | 'pairing-code' };

const Whatever = z.looseObject({});
const Written = z.looseObject({ id: z.string() });

/** Rejects with the reason when a step fails. */
export async function tellStory({ url, apiKey, link }: Story): Promise<void> {
  const { json, bytes } = callsTo(url, apiKey);
  let number = 0;
  const step = (words: string) => console.log(`\n${String((number += 1))}. ${words}`);
  const seen = (words: string) => console.log(`   → ${words}`);

  step('Create a session on the sandbox network');
  const name = `demo-${randomBytes(3).toString('hex')}`;
  const session = await json(Session, 'POST', '/sessions', { name, network: 'sandbox' });
  seen(`${session.id}, state "${session.state}"`);

  step('Listen to its events, over SSE and over Socket.IO');
  console.log(`   $ curl -N -H "X-Api-Key: $ZAPFLEET_API_KEY" '${url}/events/stream?after=0&sessionId=${name}'`);
  console.log(`   $ ZAPFLEET_URL=${url} ZAPFLEET_SESSION=${name} npm run ws-client`);
  const sse = await listenOverSse(url, apiKey, session.id);
  const socket = await listenOverSocket(url, apiKey, session.id);
  const listening: readonly Listening[] = [sse, socket];
  try {
    seen('both are open');

    step('Read the QR code: as JSON, PNG, SVG and text');
    const qr = await json(Qr, 'GET', `/sessions/${name}/qr?wait=20`);
    seen(`JSON: code ${qr.attempt}, valid until ${qr.expiresAt}`);
    const png = await bytes(`/sessions/${name}/qr`, 'image/png');
    expect(png.subarray(1, 4).toString() === 'PNG', 'the picture is no PNG');
    seen(`PNG: ${png.length} bytes`);
    const svg = (await bytes(`/sessions/${name}/qr`, 'image/svg+xml')).toString();
    expect(svg.includes('<svg'), 'the picture is no SVG');
    seen(`SVG: ${svg.length} bytes`);
    const text = (await bytes(`/sessions/${name}/qr`, 'text/plain')).toString();
    expect(text.trim() === qr.qr || Date.now() > Date.parse(qr.expiresAt), 'the text is another code than the JSON');
    seen(`text: ${text.slice(0, 24)}…`);

    step('Two people with simulated phones: Ana, whose account it will be, and Bruno, who writes with her');
    const ana = await json(SandboxPhone, 'POST', '/sandbox/phones', { name: 'Ana' });
    seen(`Ana has the number ${ana.phoneNumber}`);
    const bruno = await json(SandboxPhone, 'POST', '/sandbox/phones', { name: 'Bruno' });
    seen(`Bruno has the number ${bruno.phoneNumber}`);

    const began = Date.now();
    if (link === 'qr') {
      step("Ana's phone scans the QR code");
      await json(Whatever, 'POST', `/sandbox/phones/${ana.phoneNumber}/scan`, { sessionId: name });
      seen('the phone accepted');
    } else {
      step("Ask for a pairing code, and type it into Ana's phone");
      const { code } = await json(PairingCode, 'POST', `/sessions/${name}/pairing-code`, {
        phoneNumber: ana.phoneNumber,
      });
      seen(`the code is ${code}`);
      await json(Whatever, 'POST', `/sandbox/phones/${ana.phoneNumber}/link-code`, { code });
      seen('the phone accepted');
    }

    step('The session is connected');
    for (const { seen: channel } of listening) {
      await channel.until('session.connected');
      seen(`${channel.channel}: session.connected`);
    }
    const ready = await json(Session, 'GET', `/sessions/${name}`);
    expect(ready.state === 'connected', `the state is "${ready.state}"`);
    seen(
      `REST: state "connected" as ${ready.account?.phoneNumber ?? '?'}, ${Date.now() - began} ms after the phone was asked`,
    );

    step('Send Bruno a text');
    const question = 'Hello Bruno, is the parcel there?';
    const sent = await json(SentMessage, 'POST', `/sessions/${name}/messages`, {
      to: bruno.phoneNumber,
      text: question,
    });
    seen(`${sent.id}, status "${sent.status}"`);

    step("Read it on Bruno's screen, where it was decrypted");
    const reached = ({ data }: { data: { messageId: string; status: string } }) =>
      data.messageId === sent.id && ['delivered', 'read'].includes(data.status);
    await sse.seen.until('message.status', reached);
    const screen = `/sandbox/phones/${bruno.phoneNumber}/messages`;
    const shown = await json(pageOf(SandboxMessage), 'GET', screen);
    const onScreen = shown.data.find(({ text: line }) => line === question);
    expect(onScreen !== undefined, `the screen shows ${JSON.stringify(shown.data)}`);
    seen(`"${question}"`);

    step('Bruno answers');
    const answer = 'Yes, it came this morning.';
    await json(Written, 'POST', screen, { to: ana.phoneNumber, text: answer });
    for (const { seen: channel } of listening) {
      const { data } = await channel.until('message.received');
      const { content, from } = data.message;
      expect(content.type === 'text' && content.text === answer, `another message came: ${JSON.stringify(content)}`);
      expect(from.phoneNumber === bruno.phoneNumber, `it is said to come from ${JSON.stringify(from)}`);
      seen(`${channel.channel}: message.received from ${from.phoneNumber}: "${answer}"`);
    }

    step('Bruno reads, and the status of the message becomes "read"');
    await json(pageOf(SandboxMessage), 'GET', `${screen}?read=true`);
    for (const { seen: channel } of listening) {
      await channel.until('message.status', ({ data }) => data.messageId === sent.id && data.status === 'read');
      seen(`${channel.channel}: message.status "read"`);
    }
    const message = await json(Message, 'GET', `/messages/${sent.id}`);
    expect(message.status === 'read', `REST says "${message.status}"`);
    seen('REST: status "read"');

    step('Ana unlinks the session on her phone');
    await json(Whatever, 'DELETE', `/sandbox/phones/${ana.phoneNumber}/devices/all`);
    for (const { seen: channel } of listening) {
      const { data } = await channel.until('session.logged_out');
      seen(`${channel.channel}: session.logged_out, cause "${data.cause.code}"`);
    }
    const after = await json(Session, 'GET', `/sessions/${name}`);
    expect(after.state === 'logged_out', `REST says "${after.state}"`);
    seen('REST: state "logged_out"');
  } finally {
    for (const { close } of listening) close();
  }
}

function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
