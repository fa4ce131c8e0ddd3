/**
 * Answers every text with an echo, and goes on where it was after a lost connection. An example to copy:
 *
 *   ZAPFLEET_URL=http://127.0.0.1:3000 ZAPFLEET_KEY=<key> node sdk/examples/answer-messages.ts <session>
 */
import { createClient, ZapfleetError } from '@zapfleet/sdk';

const { ZAPFLEET_URL = 'http://127.0.0.1:3000', ZAPFLEET_KEY = '' } = process.env;
const [sessionId] = process.argv.slice(2);
if (sessionId === undefined) stop('Name a session.');
const zapfleet = createClient({ baseUrl: ZAPFLEET_URL, apiKey: ZAPFLEET_KEY });

const end = new AbortController();
process.once('SIGINT', () => end.abort());
process.once('SIGTERM', () => end.abort());

const events = zapfleet.events({
  sessionId,
  types: ['message.received'],
  signal: end.signal,
  onState: (state) => console.log(state === 'live' ? 'Listening.' : 'The connection is lost; trying again.'),
});
try {
  for await (const event of events) {
    if (event.type !== 'message.received') continue;
    const { id, chat, content } = event.data.message;
    if (content.type !== 'text') continue;
    // The event may come twice, where this program was ended between the answer and the next event: one key, one answer.
    await zapfleet.sendMessage({
      path: { id: sessionId },
      headers: { 'idempotency-key': `echo-${id}` },
      body: { to: chat, text: `You said: ${content.text}`, quoted: id },
    });
    console.log(`Answered ${id}.`);
  }
} catch (error) {
  stop(error instanceof ZapfleetError ? `${error.code}: ${error.message}` : String(error));
}

function stop(reason: string): never {
  console.error(reason);
  process.exit(1);
}
