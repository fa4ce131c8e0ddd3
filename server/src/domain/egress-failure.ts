export type EgressFailureCode =
  /** Not an http or https address, or one with a user name in it. */
  | 'address_invalid'
  /** Private, reserved, or otherwise not to be called from here. */
  | 'address_refused'
  | 'name_not_found'
  | 'connection_refused'
  | 'connection_reset'
  | 'connection_closed'
  | 'connection_failed'
  /** No way leads to the host, or to its network. */
  | 'host_unreachable'
  | 'certificate_expired'
  /** Of another host. */
  | 'certificate_mismatch'
  | 'certificate_untrusted'
  | 'tls_failed'
  | 'connect_timeout'
  | 'timeout'
  | 'aborted'
  | 'too_large'
  | 'too_many_redirects'
  /** What came is no HTTP. */
  | 'answer_invalid';

/** A call to another server that came to nothing. The message is a sentence that may be shown: it holds no path, no address of ours and no secret. */
export class EgressFailure extends Error {
  override readonly name = 'EgressFailure';
  readonly code: EgressFailureCode;

  constructor(code: EgressFailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
