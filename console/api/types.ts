import type { InstanceMessage } from '../../lib/client/types.ts'
import type { DeadLetterPage } from '../../lib/schemas/dead-letters.ts'
import type { EmitReply } from '../../lib/schemas/emit-reply.ts'
import type { InstanceEventInput } from '../../lib/schemas/event-input.ts'
import type { EventPage } from '../../lib/schemas/event-page.ts'
import type { TokenReply } from '../../lib/schemas/instance-changes.ts'
import type { InstanceReply } from '../../lib/schemas/instances.ts'
import type { OverviewReply } from '../../lib/schemas/overview.ts'
import type { QueuesReply } from '../../lib/schemas/queues.ts'
import type { SelectionSummary } from '../../lib/schemas/selections.ts'
import type { ServerReply } from '../../lib/schemas/server.ts'

// The console's names for the replies of the routes, so that a changed schema is a type error here.
export type Server = ServerReply
export type CatalogueEvent = Server['events'][number]
export type Overview = OverviewReply
export type Fault = Overview['faults'][number]
export type Instance = InstanceReply
export type Activity = Instance['activity']
export type Selection = SelectionSummary
export type Transport = NonNullable<InstanceEventInput['transports']>[number]
export type Queues = QueuesReply
export type Emitted = EmitReply
export type DeadLetters = DeadLetterPage
export type DeadLetter = DeadLetters['deadLetters'][number]
/** The name and the token of an instance. The token is shown only once. */
export type Created = TokenReply
export type Message = InstanceMessage
/** A page of the log, newest first. */
export type LogPage = Omit<EventPage, 'events' | 'before'> & { events: Message[]; before: number }
