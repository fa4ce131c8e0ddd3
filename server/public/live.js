// Live updates over Socket.IO: `event` for everything that is logged, `qr` for the code itself, which is never logged.

/**
 * `onDown` is told when the connection is lost, `onUp` when it is there (again): what was missed must then be loaded anew. `onRefused` is
 * told when the server no longer takes the key.
 */
export function goLive(token, { onEvent, onQr, onUp, onDown, onRefused }) {
  const socket = globalThis.io({ auth: { token }, transports: ['websocket', 'polling'] });
  socket.on('connect', onUp);
  socket.on('disconnect', onDown);
  socket.on('connect_error', (error) => (error.data?.code === 'unauthorized' ? onRefused() : onDown()));
  socket.on('event', onEvent);
  socket.on('qr', onQr);
  return {
    /** Resolves when events of this session will come; `lastSeq: 0` also brings all that it had. */
    subscribe: (sessionId, lastSeq) =>
      socket.timeout(10_000).emitWithAck('subscribe:session', { sessionId, ...(lastSeq !== undefined && { lastSeq }) }),
    close: () => socket.disconnect(),
  };
}
