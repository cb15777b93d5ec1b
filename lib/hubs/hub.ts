/** Hubs whose webhooks this server receives. */
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
  /** The hub's states, and what they mean. */
  states: Readonly<Record<string, ConnectionState>>
}

/** Describes the webhook of a hub. Evolution API's has routes of its own, since its URLs may name the event. */
export interface Hub {
  /** Last part of the route, and first part of event names here. */
  name: Exclude<HubName, 'evolution'>
  /** Name for people. */
  title: string
  members: HubMembers
  signature?: HubSignature
  /** The hub's names of events about the connection, each with the state that it means or has. */
  connection: Readonly<Record<string, ConnectionState | HubConnection>>
  /** The hub's names of its events, and what each one says. */
  events: Readonly<Record<string, string>>
  /** Events that a selection of "all" does not include. */
  explicitOnly: readonly string[]
  /** Of a hub that gives no ids: events whose data is never that of another one, so that the same data again is a repeat. */
  distinct?: readonly string[]
  /** An example of a body. */
  example: Readonly<Record<string, unknown>>
}

/**
 * The name that an event of a hub has here: `message` of WAHA is `waha.message`. The prefix keeps apart events of the same name whose
 * data differs, such as `presence.update` of WAHA and Evolution API.
 */
export function hubEventName({ name }: Pick<Hub, 'name'>, event: string): string {
  return `${name}.${event}`
}
