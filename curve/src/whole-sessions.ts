/**
 * How libsignal finds the session that a message belongs to. The original tries one after another and keeps what the failed attempts did:
 * a session that takes a ratchet step for a message of another one can never read again what its far side writes in it. And it hides why
 * the right one refused: a message that was read before looks like one that nobody can read.
 */
export type Session = {
  getChain(ratchetKey: Buffer): unknown;
  serialize(): unknown;
  indexInfo: { used: number };
};
type Opened = { session: Session; plaintext: Buffer };

/** What is replaced, and what it needs of libsignal's `SessionCipher`. */
export type Cipher = {
  decryptWithSessions(this: Cipher, data: Buffer, sessions: readonly Session[]): Promise<Opened>;
  doDecryptWhisperMessage(data: Buffer, session: Session): Promise<Buffer>;
};

/** `ratchetKeyOf`: the key of the chain that a message was written in; null where it cannot be read. */
export function keepSessionsWhole(cipher: Cipher, ratchetKeyOf: (data: Buffer) => Buffer | null): void {
  const original = cipher.decryptWithSessions;
  cipher.decryptWithSessions = async function (data, sessions) {
    const ratchetKey = ratchetKeyOf(data);
    const own = ratchetKey && sessions.find((session) => session.getChain(ratchetKey) !== undefined);
    if (own) {
      const plaintext = await this.doDecryptWhisperMessage(data, own);
      own.indexInfo.used = Date.now();
      return { session: own, plaintext };
    }
    // Nothing is stored where none of them fits.
    if (sessions.length < 2) return original.call(this, data, sessions);
    for (const session of sessions.slice(0, -1)) {
      const before = copyOf(session);
      try {
        return await original.call(this, data, [session]);
      } catch {
        Object.assign(session, before);
      }
    }
    return original.call(this, data, sessions.slice(-1));
  };
}

function copyOf(session: Session): Session {
  const { deserialize } = session.constructor as unknown as { deserialize(data: unknown): Session };
  return deserialize.call(session.constructor, session.serialize());
}
