import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { unlinkDevice } from '../network/linked-devices.ts';
import { Refused } from '../network/refused.ts';
import type { World } from '../network/world.ts';
import { digitsOf, findPerson, freeNumber } from '../people/numbers.ts';
import { changeNumber, hideNumber } from '../people/identity-changes.ts';
import { createPhone } from '../people/phone.ts';
import type { Account } from '../store/accounts.ts';
import type { Device } from '../store/devices.ts';
import { lidJid, pnJid } from '../wire/jid.ts';
import type { Controls } from './controls.ts';

export const PhoneParams = z.object({ phone: z.string().min(1) });
const CreateBody = z
  .object({
    phoneNumber: z.union([z.string(), z.number().int().positive()]).optional(),
    name: z.string().trim().max(100).optional(),
    owner: z.string().min(1).max(200).optional(),
    addressing: z.enum(['lid', 'pn']).default('lid'),
    numberHidden: z.boolean().default(false),
  })
  .refine(({ addressing, numberHidden }) => addressing === 'lid' || !numberHidden, {
    path: ['numberHidden'],
    message: 'only who is met under a LID can hide a number',
  })
  .default({ addressing: 'lid', numberHidden: false });
const ChangeBody = z.object({
  name: z.string().trim().min(1).max(100).optional(),
  numberHidden: z.boolean().optional(),
  announce: z.boolean().default(false),
  /** Nobody adds the person to a group without asking. */
  guardedFromGroups: z.boolean().optional(),
  phoneNumber: z.union([z.string(), z.number().int().positive()]).optional(),
});
const ScanBody = z.object({ qr: z.string().min(1) });
const LinkCodeBody = z.object({ code: z.string().min(1) });
const DeviceParams = PhoneParams.extend({ device: z.union([z.literal('all'), z.coerce.number().int().positive()]) });
const ListQuery = z.object({ owner: z.string().optional() });

export function phoneRoutes(http: FastifyInstance, { world, pairings, linkCodes }: Controls): void {
  http.post('/sandbox/phones', (request, reply) => {
    const { phoneNumber, name, owner, addressing, numberHidden: hidden } = CreateBody.parse(request.body ?? undefined);
    const phone = phoneNumber === undefined ? freeNumber(world) : newNumber(world, String(phoneNumber));
    const account = createPhone(world, { phone, name: name ?? `Phone ${phone.slice(-4)}`, owner, addressing, hidden });
    return reply.code(201).send(phoneView(world, account));
  });

  http.get('/sandbox/phones', (request) => {
    const { owner } = ListQuery.parse(request.query);
    const phones = [...world.accounts.all()].filter((account) => owner === undefined || account.owner === owner);
    return { data: phones.map((account) => phoneView(world, account)), nextCursor: null };
  });

  http.get('/sandbox/phones/:phone', (request) => phoneView(world, phoneOf(world, request.params)));

  http.patch('/sandbox/phones/:phone', (request) => {
    const account = phoneOf(world, request.params);
    const { name, numberHidden, announce, guardedFromGroups, phoneNumber } = ChangeBody.parse(request.body);
    const number = phoneNumber === undefined ? undefined : newNumber(world, String(phoneNumber));
    const changed = world.db.transaction(() => {
      if (name !== undefined) world.accounts.setName(account.phone, name);
      if (guardedFromGroups !== undefined) world.groupAdmission.setGuarded(account.phone, guardedFromGroups);
      if (numberHidden !== undefined && numberHidden !== account.hidden) {
        hideNumber(world, account, numberHidden, announce);
      }
      return number === undefined ? account : changeNumber(world, account, number);
    });
    return phoneView(world, phoneOf(world, { phone: changed.phone }));
  });

  http.post('/sandbox/phones/:phone/scan', async (request) => {
    const account = phoneOf(world, request.params);
    const { qr } = ScanBody.parse(request.body);
    return linkedView(account, await pairings.scan(account, qr));
  });

  http.post('/sandbox/phones/:phone/link-code', async (request) => {
    const account = phoneOf(world, request.params);
    const { code } = LinkCodeBody.parse(request.body);
    return linkedView(account, await linkCodes.type(account, code));
  });

  http.delete('/sandbox/phones/:phone/devices/:device', (request) => {
    const account = phoneOf(world, request.params);
    const { device } = DeviceParams.parse(request.params);
    if (device !== 'all') {
      if (!unlinkDevice(world, account, device)) {
        throw new Refused(404, 'device_not_found', 'This phone has no such device.', { device });
      }
      return { removed: [device] };
    }
    const devices = world.devices.of(account.phone).map((one) => one.device);
    return { removed: devices.filter((one) => unlinkDevice(world, account, one)) };
  });
}

/** The phone that a path or a body means. */
export function phoneOf(world: World, params: unknown): Account {
  const { phone } = PhoneParams.parse(params);
  const account = findPerson(world, phone);
  if (account === undefined) throw new Refused(404, 'phone_not_found', 'There is no such phone here.', { phone });
  return account;
}

function newNumber(world: World, written: string): string {
  const digits = digitsOf(written);
  if (digits === undefined) {
    throw new Refused(400, 'phone_number_invalid', 'A phone number has 7 to 15 digits with its country code.', {
      phoneNumber: written,
    });
  }
  if (findPerson(world, digits) !== undefined) {
    throw new Refused(409, 'phone_exists', 'This number is somebody’s already.', { phoneNumber: digits });
  }
  return digits;
}

function phoneView(world: World, account: Account): object {
  return {
    phoneNumber: account.phone,
    name: account.name,
    lid: lidJid(account.lid),
    jid: pnJid(account.phone),
    addressing: account.addressing,
    numberHidden: account.hidden,
    owner: account.owner ?? null,
    createdAt: new Date(account.createdAt).toISOString(),
    devices: world.devices.of(account.phone).map((device) => deviceView(world, device)),
  };
}

function deviceView(world: World, device: Device): object {
  return {
    device: device.device,
    jid: pnJid(device.phone, device.device),
    platform: device.platform ?? null,
    linkedAt: new Date(device.linkedAt).toISOString(),
    online: world.connections.find(device.phone, device.device) !== undefined,
  };
}

function linkedView(account: Account, device: Device): object {
  return {
    phoneNumber: account.phone,
    device: device.device,
    jid: pnJid(account.phone, device.device),
    lid: lidJid(account.lid, device.device),
  };
}
