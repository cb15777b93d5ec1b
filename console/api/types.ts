import type { Static } from '@sinclair/typebox'
import type { InstanceMessage } from '../../lib/client/types.ts'
import type { EmitReply, InstanceReply, SelectionReply } from '../../lib/schemas/replies.ts'
import type { TransportName } from '../../lib/instances/instance.ts'
import type { DeadLetterReply } from '../../routes/dead-letters.ts'
import type { QueuesReply } from '../../routes/queues.ts'
import type { OverviewReply, ServerReply } from '../../routes/server.ts'

// What the routes say they answer is what the console takes: a change there is an error here.
export type Server = Static<typeof ServerReply>
export type CatalogueEvent = Server['events'][number]
export type Overview = Static<typeof OverviewReply>
export type Fault = Overview['faults'][number]
export type Instance = Static<typeof InstanceReply>
export type Selection = SelectionReply
export type Transport = TransportName
export type Queues = Static<typeof QueuesReply>
export type Emitted = Static<typeof EmitReply>
export type DeadLetter = Static<typeof DeadLetterReply>
export type Message = InstanceMessage

export interface LogPage {
  events: Message[]
  before: number
  more: boolean
}

export interface DeadLetterPage {
  deadLetters: DeadLetter[]
  after: number
  more: boolean
}

export interface Created {
  instance: { instanceName: string }
  /** The token, shown this once. */
  hash: string
}
