/** Who may call: tenants, the people in them, keys, logins, and the log of what they changed. */
import { z } from 'zod';
import { Time } from './fields.ts';
import { idSchema } from './ids.ts';
import { roles } from './operation.ts';

export const RoleName = z.enum(roles).meta({
  id: 'Role',
  description:
    'viewer: reads · agent: sends and reads · admin: everything in one tenant · master: the whole installation. QR codes are for admin and master',
});

const count = z.number().int().min(0).max(1_000_000_000_000).nullable();

export const TenantLimits = z
  .object({
    sessions: count.meta({ description: 'How many sessions there may be' }),
    messagesPerDay: count.meta({
      description:
        'How many messages may be sent in a day (UTC), over all sessions. Reactions, edits and revokes do not count; what was accepted does, whatever becomes of it',
    }),
    mediaBytes: count.meta({
      description:
        'How many bytes of files may be kept; the same bytes count once. Over it uploads are refused, and files of received messages are not fetched: their messages arrive, and the files can be asked for when there is room',
    }),
  })
  .meta({ id: 'TenantLimits', description: 'null: no limit' });
export type TenantLimits = z.infer<typeof TenantLimits>;

export const TenantUsage = z
  .object({
    sessions: z.number().int(),
    messagesToday: z.number().int().nullable().meta({
      description: 'Accepted since midnight UTC; null where `messagesPerDay` is not limited: they are not counted',
    }),
    mediaBytes: z.number().int(),
  })
  .meta({ id: 'TenantUsage', description: 'What there is of what can be limited' });
export type TenantUsage = z.infer<typeof TenantUsage>;

const name = z.string().trim().min(1).max(100);

export const Tenant = z
  .object({
    id: idSchema('ten'),
    name: z.string(),
    limits: TenantLimits,
    usage: TenantUsage,
    suspendedAt: Time.nullable().meta({ description: 'Since when nothing of it runs and nobody of it may call' }),
    createdAt: Time,
  })
  .meta({ id: 'Tenant' });
export type Tenant = z.infer<typeof Tenant>;

export const CreateTenant = z
  .strictObject({ name, limits: TenantLimits.partial().optional() })
  .meta({ id: 'CreateTenant' });
export const PatchTenant = z
  .strictObject({ name: name.optional(), limits: TenantLimits.partial().nullable().optional() })
  .meta({ id: 'PatchTenant', description: '`limits: null` lifts all' });

export const Email = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email())
  .meta({ description: 'Compared without regard to case', examples: ['ana@example.com'] });

export const Password = z
  .string()
  .min(10, 'must have at least 10 characters')
  .max(1024)
  .refine((text) => new Set(text).size >= 5, 'repeats itself; it must have at least 5 different characters');

export const User = z
  .object({
    id: idSchema('usr'),
    tenantId: idSchema('ten').nullable().meta({ description: 'null: the whole installation' }),
    email: z.string(),
    name: z.string().nullable(),
    role: RoleName,
    disabled: z.boolean(),
    createdAt: Time,
    lastLoginAt: Time.nullable(),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof User>;

export const CreateUser = z
  .strictObject({
    email: Email,
    name: name.nullable().optional(),
    role: RoleName,
    password: Password,
    tenantId: idSchema('ten').optional(),
  })
  .meta({ id: 'CreateUser' });
export const PatchUser = z
  .strictObject({ name: name.nullable().optional(), role: RoleName.optional(), disabled: z.boolean().optional() })
  .meta({ id: 'PatchUser' });

export const ApiKey = z
  .object({
    id: idSchema('key'),
    tenantId: idSchema('ten').nullable().meta({ description: 'null: the whole installation' }),
    name: z.string(),
    role: RoleName,
    sessions: z.array(idSchema('ses')).nullable().meta({ description: 'Only these; null: all of the tenant' }),
    hint: z.string().meta({ description: 'How the key begins, to tell keys apart' }),
    expiresAt: Time.nullable(),
    lastUsedAt: Time.nullable().meta({ description: 'To the minute' }),
    createdAt: Time,
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;

const keySettings = {
  sessions: z
    .array(z.string().min(1).max(100))
    .min(1)
    .max(1000)
    .nullable()
    .optional()
    .meta({ description: 'Ids or names: the key reaches these only' }),
  expiresAt: Time.nullable().optional(),
};

export const CreateApiKey = z
  .strictObject({ name, role: RoleName, tenantId: idSchema('ten').optional(), ...keySettings })
  .meta({ id: 'CreateApiKey' });
export const PatchApiKey = z
  .strictObject({ name: name.optional(), ...keySettings })
  .meta({ id: 'PatchApiKey', description: '`null` clears a setting' });

export const NewApiKey = ApiKey.extend({ key: z.string().meta({ description: 'Shown this once' }) }).meta({
  id: 'NewApiKey',
});

export const Login = z
  .object({
    id: idSchema('lgn'),
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    createdAt: Time,
    lastUsedAt: Time,
    expiresAt: Time,
    current: z.boolean().meta({ description: 'The one this call was made with' }),
  })
  .meta({ id: 'Login' });

export type Login = z.infer<typeof Login>;

export const LoggedIn = z
  .object({
    accessToken: z.string().meta({ description: 'For `Authorization: Bearer`, and for Socket.IO' }),
    expiresIn: z.number().int().meta({ description: 'Seconds' }),
    user: User,
  })
  .meta({ id: 'LoggedIn' });

export const OneTimeLink = z
  .object({ url: z.string().meta({ description: 'Opens once, without an account' }), expiresAt: Time })
  .meta({ id: 'OneTimeLink' });

export const Invite = z
  .strictObject({ email: Email, role: RoleName, tenantId: idSchema('ten').optional() })
  .meta({ id: 'Invite' });

/** A secret of a one-time link, as it stands in its address. */
export const LinkToken = z.string().min(20).max(200);

export const AuditEntry = z
  .object({
    id: idSchema('aud'),
    at: Time,
    tenantId: idSchema('ten').nullable().meta({ description: 'Whose object it was; null: the installation' }),
    actor: z.object({
      kind: z.enum(['key', 'user', 'environment_key', 'link', 'nobody']),
      id: z.string().nullable(),
      name: z.string().nullable(),
    }),
    action: z
      .string()
      .meta({ description: 'The operation, as the API reference names it', examples: ['deleteSession'] }),
    object: z.string().nullable().meta({
      description:
        'The id or name in the path, or the id of what was created; of a cleanup its scope and how many sessions that were',
    }),
    address: z.string().nullable().meta({ description: 'Where the call came from' }),
    outcome: z.number().int().meta({ description: 'The HTTP status of the answer' }),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;
