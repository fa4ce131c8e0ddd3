/**
 * How an engine run ended, in our words, and what follows from it. The adapter says what happened; this table alone decides what
 * it means (source: the disconnect table of docs/architecture.md).
 */

/** What the adapter saw. `raw` is the library's or WhatsApp's own text, kept for people. */
export type Ending = {
  /** How it ended, where the code alone does not say. */
  how:
    | 'stream_error' // WhatsApp closed the stream with a code
    | 'login_refused' // WhatsApp answered the login with a failure and a code
    | 'socket' // the connection was lost, could not be made, or its keep-alive went unanswered
    | 'qr_exhausted' // all QR codes were shown and none was scanned
    | 'passkey_required' // WhatsApp wants a passkey while linking
    | 'untrusted_server' // the certificate chain does not end at the trusted root
    | 'invalid_identity' // the pairing answer's account signature does not verify
    | 'credentials_unreadable' // the stored credentials are damaged
    | 'display_missing' // a window was asked for where there is no screen for it
    | 'remote_unreachable' // the server that carries the session is not reached, or not in time
    | 'remote_answer_invalid' // what that server answers makes no sense
    | 'remote_license_required' // that server works only with a licence, and has none
    | 'remote_key_refused' // that server does not take our key
    | 'remote_refused' // that server does not do what it is asked for
    | 'remote_instance_lost' // that server knows nothing of the session any more
    | 'closed'; // we closed it ourselves
  /** WhatsApp's status code; null where none came. */
  code: number | null;
  /** The inner conflict type of a stream error, e.g. `device_removed`, `replaced`. */
  conflict: string | null;
  /** End of a temporary ban, ms since the epoch. */
  until: number | null;
  raw: string;
};
