import { verify } from '@zapfleet/curve';
import { proto } from 'baileys/WAProto/index.js';
import type { SignedPreKey } from '../signal/key-agreement.ts';
import { typed } from '../signal/ratchet.ts';
import type { Link } from '../wire/link.ts';

/** What a client that wants to become a companion has said of itself. */
export type Offer = {
  readonly noiseKey: Uint8Array;
  readonly identity: Uint8Array;
  readonly registrationId: number;
  readonly signedPreKey: SignedPreKey;
  readonly platform: string | undefined;
  /** Whether it wants all of the history, however old. */
  readonly wholeHistory: boolean;
};

/** A client without an account: it shows QR codes or has asked for a pairing code. */
export type Candidate = { readonly link: Link; readonly offer: Offer; references: readonly string[] };

/** Undefined where the offer is incomplete, or its signed pre-key not signed by its identity. */
export function readOffer(noiseKey: Uint8Array, payload: proto.IClientPayload): Offer | undefined {
  const data = payload.devicePairingData;
  const registrationId = uint(data?.eRegid);
  const keyId = uint(data?.eSkeyId);
  const { eIdent: identity, eSkeyVal: publicKey, eSkeySig: signature } = data ?? {};
  if (registrationId === undefined || keyId === undefined) return undefined;
  if (identity?.length !== 32 || publicKey?.length !== 32 || signature?.length !== 64) return undefined;
  if (!verify(identity, typed(publicKey), signature)) return undefined;
  return {
    noiseKey,
    identity,
    registrationId,
    signedPreKey: { id: keyId, publicKey, signature },
    ...propsOf(data?.deviceProps),
  };
}

function propsOf(bytes: Uint8Array | null | undefined): Pick<Offer, 'platform' | 'wholeHistory'> {
  const { os, platformType, requireFullSync } = proto.DeviceProps.decode(bytes ?? Buffer.alloc(0));
  const kind = platformType == null ? undefined : proto.DeviceProps.PlatformType[platformType];
  const words = [kind?.toLowerCase(), os].filter((word) => word != null && word !== '');
  return {
    platform: words.length === 0 ? undefined : words.join(' on '),
    wholeHistory: requireFullSync === true,
  };
}

function uint(bytes: Uint8Array | null | undefined): number | undefined {
  if (bytes == null || bytes.length === 0 || bytes.length > 6) return undefined;
  return Buffer.from(bytes).readUIntBE(0, bytes.length);
}
