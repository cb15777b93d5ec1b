import { type Static, Type } from '@sinclair/typebox'
import { Nullable } from '../nullable.ts'
import { InstanceName, OpenObject } from './parts.ts'

const Time = Type.String({ description: 'ISO 8601, UTC.' })
const Count = Type.Integer({ minimum: 0 })
const LeftOut = Type.Integer({
  minimum: 0,
  description: 'Number of events of this name that were dropped since the last one, because there were too many.'
})
const Code = Type.String({ description: 'A code of this server, of AWS or of the operating system.' })

/** Data of the events of the operator's instance. */
export const operatorEventSchemas = {
  'operator.instance-silent': OpenObject(
    {
      instance: InstanceName,
      connectionState: Nullable(Type.String(), {
        description: 'State of its connection, from its last event about the connection; null if there is none.'
      }),
      lastEvent: Type.String({ description: 'Name of its last event.' }),
      lastEventAt: Time,
      lastOffset: Type.Integer({ minimum: 1 }),
      afterMinutes: Type.Integer({ minimum: 1, description: 'Its limit.' }),
      leftOut: LeftOut
    },
    {
      description: 'An instance that should send events has sent none for longer than its limit.',
      examples: [
        {
          instance: 'sales',
          connectionState: 'open',
          lastEvent: 'messages.upsert',
          lastEventAt: '2026-01-31T11:29:58.250Z',
          lastOffset: 4_700,
          afterMinutes: 30,
          leftOut: 0
        }
      ]
    }
  ),
  'operator.instance-back': OpenObject(
    {
      instance: InstanceName,
      lastEvent: Type.String({ description: 'Name of its last event.' }),
      lastEventAt: Time,
      silentSince: Type.String({ description: 'Time of the last event before the silence: ISO 8601, UTC.' }),
      leftOut: LeftOut
    },
    {
      description: 'An instance that was silent has sent an event.',
      examples: [
        {
          instance: 'sales',
          lastEvent: 'connection.update',
          lastEventAt: '2026-01-31T12:00:00.000Z',
          silentSince: '2026-01-31T11:29:58.250Z',
          leftOut: 0
        }
      ]
    }
  ),
  'operator.dead-letter': OpenObject(
    {
      instance: InstanceName,
      event: Type.String(),
      id: Type.String(),
      offset: Type.Integer({ minimum: 1 }),
      queue: Type.String(),
      reason: Code,
      message: Type.String(),
      attempts: Count,
      leftOut: LeftOut
    },
    {
      description: 'A delivery to a queue has become a dead letter.',
      examples: [
        {
          instance: 'sales',
          event: 'messages.upsert',
          id: '01a1ffe7-6cd7-7168-85d7-1483718c1415',
          offset: 4_711,
          queue: 'sales_messages_upsert.fifo',
          reason: 'AccessDenied',
          message: 'Access to the resource is denied',
          attempts: 10,
          leftOut: 0
        }
      ]
    }
  ),
  'operator.queue-refused': OpenObject(
    {
      code: Code,
      message: Type.String(),
      queue: Type.String({ description: 'The queue that has been held back longest for this reason.' }),
      queues: Type.Integer({ minimum: 1, description: 'Number of queues that are held back for this reason.' }),
      since: Time,
      leftOut: LeftOut
    },
    {
      description: 'Queues accept nothing; their events stay pending.',
      examples: [
        {
          code: 'AccessDenied',
          message: 'Access to the resource is denied',
          queue: 'sales_messages_upsert.fifo',
          queues: 1,
          since: '2026-01-31T11:59:30.000Z',
          leftOut: 0
        }
      ]
    }
  ),
  'operator.backlog': OpenObject(
    {
      pending: Count,
      maxPending: Count,
      leftOut: LeftOut
    },
    {
      description: 'Pending deliveries have reached 80 % of their limit. At the limit, events for SQS are refused.',
      examples: [{ pending: 800_412, maxPending: 1_000_000, leftOut: 0 }]
    }
  )
}

/** The type of the `data` of each event of the operator's instance. */
export type OperatorEventMap = {
  [Name in keyof typeof operatorEventSchemas]: Static<(typeof operatorEventSchemas)[Name]>
}
