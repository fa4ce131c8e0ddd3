/**
 * Connects to Zapfleet by Socket.IO, subscribes to one session and prints what comes. An example to copy:
 *
 *   ZAPFLEET_TOKEN=<key> ZAPFLEET_SESSION=shop-1 npm run ws-client
 */
import { io } from 'socket.io-client';

const { ZAPFLEET_URL: url = 'http://127.0.0.1:3000', ZAPFLEET_TOKEN, ZAPFLEET_API_KEY, ZAPFLEET_SESSION } = process.env;
const token = ZAPFLEET_TOKEN ?? ZAPFLEET_API_KEY;
const sessionId = ZAPFLEET_SESSION;
if (!token) stop('Set ZAPFLEET_TOKEN to an API key; the server prints at its start where the key is.');
if (!sessionId) stop('Set ZAPFLEET_SESSION to the name or id of a session.');

/** The last event we have seen. Sent along when we subscribe again, it brings what we missed meanwhile. */
let lastSeq: number | undefined;

const socket = io(url, { auth: { token } });

socket.on('connect', () => {
  socket.timeout(10_000).emit('subscribe:session', { sessionId, lastSeq }, (late: Error | null, answer?: Answer) => {
    if (late) console.error('The server did not confirm the subscription.');
    else if (answer?.error) stop(`The subscription was refused: ${answer.error.code}: ${answer.error.message}`);
    else console.log(`Subscribed to ${sessionId} at ${url}.`);
  });
});

// The QR code itself comes live only and is in no event of the log. `png` is the same code as a picture.
socket.on('qr', ({ qr, attempt, expiresAt }: { qr: string; attempt: number; expiresAt: string }) => {
  console.log(`QR code ${attempt}, valid until ${expiresAt}: ${qr}`);
});

// Everything else: one envelope, the same as over SSE and webhooks.
socket.on('event', (event: { seq: number; type: string; occurredAt: string; data: unknown }) => {
  lastSeq = event.seq;
  console.log(`${event.occurredAt} ${String(event.seq)} ${event.type} ${JSON.stringify(event.data)}`);
});

socket.on('disconnect', (reason) => console.error(`Disconnected (${reason}).`));
socket.on('connect_error', (error) => {
  // `active`: the server cannot be reached and the library tries again by itself. Otherwise the server said no.
  if (socket.active) console.error(`${url} cannot be reached (${error.message}); trying again.`);
  else stop(`The server refused the connection: ${error.message}`);
});

process.once('SIGINT', () => socket.disconnect());

type Answer = { error?: { code: string; message: string } };

function stop(reason: string): never {
  console.error(reason);
  process.exit(1);
}
