/** Why an attempt to deliver failed. */
import { z } from 'zod';

export const deliveryFailures = [
  'http_status',
  'redirect',
  'timeout',
  'connect_timeout',
  'connection_refused',
  'connection_reset',
  'connection_closed',
  'connection_failed',
  'host_unreachable',
  'name_not_found',
  'address_invalid',
  'address_refused',
  'certificate_expired',
  'certificate_mismatch',
  'certificate_untrusted',
  'tls_failed',
  'answer_invalid',
  'shutting_down',
  'server_fault',
] as const;

export const DeliveryFailure = z.enum(deliveryFailures).meta({
  id: 'DeliveryFailure',
  description:
    'http_status: the receiver answered neither 2xx nor 3xx, `status` says what · redirect: it answered 3xx, which is not followed · ' +
    'timeout: no answer in time · connect_timeout: no connection in time · connection_refused: nothing listens there · ' +
    'connection_reset, connection_closed: it ended the connection before it answered · connection_failed: the connection failed otherwise · ' +
    'host_unreachable: no way leads to the host or its network · name_not_found: its name could not be looked up · ' +
    'address_invalid: not an address to call · address_refused: private or reserved, see `WEBHOOK_ALLOW_PRIVATE` · ' +
    'certificate_expired · certificate_mismatch: its certificate is of another host · certificate_untrusted: nobody who is trusted has signed it · ' +
    'tls_failed: no secure connection could be made · answer_invalid: what came is no HTTP answer · ' +
    'shutting_down: this server was ending · server_fault: a fault of this server',
});
export type DeliveryFailure = z.infer<typeof DeliveryFailure>;
