/**
 * The one door to Baileys at run time: every other file of this adapter imports its values from here, and only types from the
 * library itself. So the native curve is in force before Baileys reads it, and a version that would not use it ends the start.
 */
import '@zapfleet/curve/libsignal';
import { generateKeyPair, sign } from '@zapfleet/curve';
import { Curve } from 'baileys';

export {
  Browsers,
  Curve,
  decodeMediaRetryNode,
  decryptMediaRetryData,
  DEFAULT_CONNECTION_CONFIG,
  encryptMediaRetryRequest,
  initAuthCreds,
  makeWASocket,
  NewChatMessageCappingStatusType,
  proto,
  S_WHATSAPP_NET,
  USyncQuery,
  USyncUser,
  WA_CERT_DETAILS,
} from 'baileys';
export { buildMergedTcTokenIndexWrite } from 'baileys/lib/Utils/tc-token-utils.js';

requireVerifyingCurve();

function requireVerifyingCurve(): void {
  const { publicKey, privateKey } = generateKeyPair();
  const message = Buffer.from('zapfleet');
  const genuine = Buffer.from(sign(privateKey, message));
  const forged = Buffer.from(genuine);
  forged[10] = (forged[10] ?? 0) ^ 1;
  if (!Curve.verify(publicKey, message, genuine) || Curve.verify(publicKey, message, forged)) {
    throw new Error('Baileys does not use the native curve: signatures would not be verified');
  }
}
