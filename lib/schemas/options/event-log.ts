import { type Static, Type } from '@sinclair/typebox'
import type { CatalogueOptions } from '../../events/catalogue.ts'
import type { EventStore } from '../../store/event-store.ts'
import { MAX_SILENCE_MINUTES } from '../instance-changes.ts'

// Here and in the files beside this one, each schema has an interface of the same name: `extends Static` keeps docstrings and
// the name in declarations, where an alias would be expanded without them. `Type.Unsafe` gives a nested schema that interface.

export const EventLogOptions = Type.Object(
  {
    /**
     * Database of the log: `file:<path>`, `:memory:` or `postgres://<user>:<password>@<host>/<database>`.
     * @default 'file:./data/instance-events.db'
     */
    url: Type.Optional(Type.String()),
    /** A store of your own, used instead of `url`. It is not closed with the server. */
    store: Type.Optional(Type.Unsafe<EventStore>(Type.Object({}))),
    /**
     * Hubs whose webhooks and events are accepted, and event names that are added to theirs, or replace them.
     * @default { hubs: ['evolution'] }
     */
    events: Type.Optional(
      Type.Unsafe<CatalogueOptions>(
        Type.Object({ hubs: Type.Optional(Type.Array(Type.String())), names: Type.Optional(Type.Array(Type.String())) })
      )
    ),
    /**
     * `server_url` of messages whose event has none.
     * @default ''
     */
    serverUrl: Type.Optional(Type.String()),
    /**
     * Includes the `apikey` of an event in its messages.
     * @default false
     */
    exposeApiKey: Type.Optional(Type.Boolean()),
    /**
     * Registers an unknown instance with its first event or selection.
     * @default true
     */
    autoRegister: Type.Optional(Type.Boolean()),
    /**
     * Number of instances from which on unknown ones are refused with `IEV_TOO_MANY_INSTANCES` until they are created.
     * @default 100000
     */
    autoRegisterMax: Type.Optional(Type.Integer({ minimum: 0 })),
    /**
     * Events that an instance may post in a second on each node, unless it has its own limit. 0: unlimited.
     * @default 0
     */
    instanceEventsPerSecond: Type.Optional(Type.Integer({ minimum: 0 })),
    /**
     * Bytes of these events in a second. 0: unlimited.
     * @default 0
     */
    instanceBytesPerSecond: Type.Optional(Type.Integer({ minimum: 0 })),
    /**
     * Bytes of the log that events of an instance may take, unless it has its own limit. Above that, further events are
     * refused. 0: unlimited.
     * @default 0
     */
    instanceRetainedBytes: Type.Optional(Type.Integer({ minimum: 0 })),
    /**
     * Logs events that no transport selects, so that they can be replayed.
     * @default true
     */
    logUnselected: Type.Optional(Type.Boolean()),
    /**
     * Hours after which events are removed from the log. An event with a pending delivery stays.
     * @default 24
     */
    retentionHours: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    /**
     * Bytes of the log above which the oldest events are removed early: first those of the instance that holds the most
     * bytes, until it holds as much as the second, then those of both, and so on.
     * @default 10737418240
     */
    retentionMaxBytes: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Minutes without an event after which an instance is silent, unless it has its own value. 0: never.
     * @default 0
     */
    silenceAfterMinutes: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_SILENCE_MINUTES })),
    /** Name of an instance reserved for the operator: its events report silent instances, dead letters and faults. */
    operatorInstance: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    /**
     * Different wrong keys that one address may try in a minute, over HTTP and with sockets together. After that, all of its keys
     * are refused for the rest of the minute.
     * @default 20
     */
    wrongKeysPerMinute: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Pending deliveries above which events are refused with `IEV_BACKPRESSURE`. One instance may use at most half while
     * others have pending deliveries.
     * @default 1000000
     */
    maxPendingDeliveries: Type.Optional(Type.Integer({ minimum: 1 }))
  },
  { additionalProperties: false }
)
/** Options of the plugin `event-log`. */
export interface EventLogOptions extends Static<typeof EventLogOptions> {}
