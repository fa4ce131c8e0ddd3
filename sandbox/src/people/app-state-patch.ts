import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { proto } from 'baileys/WAProto/index.js';
import type { Account } from '../store/accounts.ts';
import { hkdf, hmacSha256 } from '../wire/hkdf.ts';

const SET = proto.SyncdMutation.SyncdOperation.SET;
const SET_BYTE = 1;
const HASH_LENGTH = 128;

/**
 * The settings a phone begins with: its name, which its companions learn from here. Encrypted with a key that the phone
 * shares with them and not with the network.
 */
export function firstAppState(account: Account): { collection: string; patch: Uint8Array }[] {
  if (account.name === '') return [];
  const collection = 'critical_block';
  const timestamp = account.createdAt;
  const value = { timestamp, pushNameSetting: { name: account.name } };
  return [{ collection, patch: firstPatch(account.appStateKey, collection, ['setting_pushName'], value, 1) }];
}

/** Version 1 of a collection, with the one mutation that sets `index` to `value`. */
function firstPatch(
  key: Account['appStateKey'],
  collection: string,
  index: readonly string[],
  value: proto.ISyncActionValue,
  apiVersion: number,
): Uint8Array {
  const version = 1;
  const keys = expand(key.data);
  const indexBytes = Buffer.from(JSON.stringify(index), 'utf8');
  const data = proto.SyncActionData.encode({
    index: indexBytes,
    value,
    padding: new Uint8Array(0),
    version: apiVersion,
  }).finish();
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', keys.valueEncryption, iv);
  const encrypted = Buffer.concat([iv, cipher.update(data), cipher.final()]);
  const valueMac = valueMacOf(keys.valueMac, key.id, encrypted);
  const hash = hkdf(valueMac, HASH_LENGTH, 'WhatsApp Patch Integrity');
  const order = Buffer.alloc(8);
  order.writeUInt32BE(version, 4);
  const name = Buffer.from(collection, 'utf8');
  const snapshotMac = hmacSha256(keys.snapshotMac, hash, order, name);
  const patchMac = hmacSha256(keys.patchMac, snapshotMac, valueMac, order, name);
  const record = {
    index: { blob: hmacSha256(keys.index, indexBytes) },
    value: { blob: Buffer.concat([encrypted, valueMac]) },
    keyId: { id: key.id },
  };
  return proto.SyncdPatch.encode({
    version: { version },
    mutations: [{ operation: SET, record }],
    snapshotMac,
    patchMac,
    keyId: { id: key.id },
  }).finish();
}

function expand(key: Uint8Array) {
  const bytes = hkdf(key, 160, 'WhatsApp Mutation Keys');
  const part = (index: number) => bytes.subarray(index * 32, (index + 1) * 32);
  return { index: part(0), valueEncryption: part(1), valueMac: part(2), snapshotMac: part(3), patchMac: part(4) };
}

function valueMacOf(key: Uint8Array, keyId: Uint8Array, encrypted: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length[7] = keyId.length + 1;
  const mac = createHmac('sha512', key)
    .update(Buffer.from([SET_BYTE]))
    .update(keyId)
    .update(encrypted)
    .update(length);
  return mac.digest().subarray(0, 32);
}
