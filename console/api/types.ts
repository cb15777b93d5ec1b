import type { InstanceMessage } from '../../lib/client/types.ts'
import type { BacklogReply } from '../../lib/schemas/backlog.ts'
import type { DeadLetterPage, GroupsReply, OutcomesReply } from '../../lib/schemas/dead-letters.ts'
import type { EmitReply } from '../../lib/schemas/emit-reply.ts'
import type { ErasureReply } from '../../lib/schemas/erasure.ts'
import type { InstanceEventInput } from '../../lib/schemas/event-input.ts'
import type { EventOutcomeReply } from '../../lib/schemas/event-outcome.ts'
import type { EventPage } from '../../lib/schemas/event-page.ts'
import type { TokenReply } from '../../lib/schemas/instance-changes.ts'
import type { InstanceReply } from '../../lib/schemas/instances.ts'
import type { OverviewHistoryReply, OverviewReply } from '../../lib/schemas/overview.ts'
import type { InstanceStatesReply, QueueStatesReply } from '../../lib/schemas/overview-tables.ts'
import type { QueuesReply } from '../../lib/schemas/queues.ts'
import type { SelectionSummary } from '../../lib/schemas/selections.ts'
import type { ServerReply } from '../../lib/schemas/server.ts'

// The console's names for the replies of the routes, so that a changed schema is a type error here.
export type Server = ServerReply
export type CatalogueEvent = Server['events'][number]
export type Overview = OverviewReply
export type OverviewHistory = OverviewHistoryReply
export type QueueStates = QueueStatesReply
export type QueueState = QueueStates['queues'][number]
export type InstanceStates = InstanceStatesReply
export type InstanceState = InstanceStates['instances'][number]
export type Fault = Overview['faults'][number]
export type Instance = InstanceReply
export type Limits = Instance['limits']
export type Activity = Instance['activity']
export type Selection = SelectionSummary
export type Transport = NonNullable<InstanceEventInput['transports']>[number]
export type Queues = QueuesReply
export type Backlog = BacklogReply
export type Emitted = EmitReply
export type EventOutcome = EventOutcomeReply
export type Erasure = ErasureReply
export type DeadLetters = DeadLetterPage
export type DeadLetter = DeadLetters['deadLetters'][number]
export type DeadLetterGroups = GroupsReply
export type DeadLetterGroup = DeadLetterGroups['groups'][number]
export type RedriveOutcome = OutcomesReply['outcomes'][number]
/** The name and the token of an instance. The token is shown only once. */
export type Created = Pick<TokenReply, 'instance' | 'hash'>
/** A new token, and until when the one before is valid. */
export type Renewed = TokenReply
export type Message = InstanceMessage
/** A page of the log: with `before` newest first, otherwise with `after`. */
export type LogPage = Omit<EventPage, 'events'> & { events: Message[] }
/** A part of a search, newest first. */
export type SearchedPage = LogPage & { before: number; examined: number; total: number }
