/** The shapes of the contract by their names. */
import type { components } from './schema.ts';

type Schemas = components['schemas'];

export type Account = Schemas['Account'];
export type ApiKey = Schemas['ApiKey'];
export type AuditEntry = Schemas['AuditEntry'];
export type Cause = Schemas['Cause'];
export type Chat = Schemas['Chat'];
export type CleanupProgress = Schemas['CleanupProgress'];
export type CleanupResult = Schemas['CleanupResult'];
export type Delivery = Schemas['Delivery'];
export type DeliveryAttempt = Schemas['DeliveryAttempt'];
export type ErrorCode = Schemas['Error']['error']['code'];
/** One event of the log, told apart by `type`. */
export type GatewayEvent = Schemas['Event'];
export type EventType = GatewayEvent['type'];
export type EventOf<T extends EventType> = Extract<GatewayEvent, { type: T }>;
export type Media = Schemas['Media'];
export type Message = Schemas['Message'];
export type MessageContent = Schemas['MessageContent'];
export type MessageStatus = Schemas['MessageStatus'];
export type PairingPage = Schemas['PairingPage'];
export type Qr = Schemas['Qr'];
export type ReadinessCheck = Schemas['ReadinessCheck'];
export type Receipt = Schemas['Receipt'];
export type SandboxFault = Schemas['SandboxFault'];
export type SandboxPhone = Schemas['SandboxPhoneWithDevices'];
export type Session = Schemas['Session'];
export type SessionStateName = Schemas['SessionStateName'];
export type Stats = Schemas['Stats'];
export type Tenant = Schemas['Tenant'];
export type User = Schemas['User'];
export type Webhook = Schemas['Webhook'];
export type WebhookWithSecret = Schemas['WebhookWithSecret'];
