/** What to wait for in a stream of events. */
import type { EventData, EventType, GatewayEvent, SessionStateName } from '@zapfleet/contract';

export const isType =
  <T extends GatewayEvent['type']>(type: T) =>
  (event: GatewayEvent): event is Extract<GatewayEvent, { type: T }> =>
    event.type === type;

/** One of this type that tells of something certain. */
export const tells =
  <T extends EventType>(type: T, fits: (data: EventData<T>) => boolean) =>
  (event: GatewayEvent): event is Extract<GatewayEvent, { type: T }> =>
    event.type === type && fits(event.data as EventData<T>);

/** A session came into one of these states. */
export const isState =
  (...states: SessionStateName[]) =>
  (event: GatewayEvent): boolean =>
    event.type === 'session.state_changed' && states.includes(event.data.to);
