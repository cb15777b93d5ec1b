/** Names of the hubs whose webhooks this server can receive. */
export const HUB_NAMES = ['evolution', 'evolution-go', 'waha'] as const
export type HubName = (typeof HUB_NAMES)[number]

/** Members of a webhook body that have a meaning here. All others are passed on as members of the message. */
export interface HubMembers {
  /** Name of the instance. */
  instance: string
  /** Name of the event. */
  event: string
  data: string
  /** Id of the event, the same when the hub repeats it. */
  id?: string
  /** Milliseconds since the epoch. */
  time?: string
  /** An object whose `id` is the address of the instance. It is passed on as well. */
  account?: string
  /** The hub's own key of the instance. Messages carry it only with `exposeApiKey`. */
  apikey?: string
}

/** How a hub signs its bodies: a hexadecimal HMAC of the bytes of the body in a header. */
export interface HubSignature {
  /** Names of headers, in lower case. */
  header: string
  algorithmHeader: string
  algorithm: 'sha512'
  /** Where the secret is set in the hub. */
  setting: string
}

/** State of an instance's connection, as Evolution API names it. */
export type ConnectionState = 'open' | 'connecting' | 'close'

/** Where the data of an event has the state of the instance's connection. */
export interface HubConnection {
  /** Member of the data. */
  member: string
  /** The states of Evolution API, by those of the hub. */
  states: Readonly<Record<string, ConnectionState>>
}

/** Describes the webhook of a hub. Evolution API's has routes of its own, since its URLs may name the event. */
export interface Hub {
  /** Last part of the route, and first part of event names here. */
  name: Exclude<HubName, 'evolution'>
  /** Name for display. */
  title: string
  members: HubMembers
  signature?: HubSignature
  /** Connection events, by the hub's names: each has a fixed state, or the place of the state in its data. */
  connection: Readonly<Record<string, ConnectionState | HubConnection>>
  /** Descriptions of the events, by the hub's names. */
  events: Readonly<Record<string, string>>
  /** Events that a selection of "all" does not include. */
  explicitOnly: readonly string[]
  /** Events without an id whose data is unique, so that an event with the same data is a repeat. */
  distinct?: readonly string[]
  /** An example of a body. */
  example: Readonly<Record<string, unknown>>
}

/**
 * Returns the name of a hub's event on this server: `message` of WAHA is `waha.message`. The prefix keeps apart events
 * of the same name whose data differs, such as `presence.update` of WAHA and Evolution API.
 */
export function hubEventName({ name }: Pick<Hub, 'name'>, event: string): string {
  return `${name}.${event}`
}
