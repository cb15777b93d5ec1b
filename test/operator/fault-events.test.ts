import t from 'tap'
import type { QueueFault } from '../../lib/operation/fault.ts'
import { FaultEvents } from '../../lib/operator/fault-events.ts'
import type { OperatorEvents } from '../../lib/operator/operator-events.ts'

const START = 1_800_000_000_000

/** Looks at faults and a backlog that the test sets, whose limit is 100. */
function start(withClock = true) {
  const state = { now: START, pending: 0, faults: [] as QueueFault[] }
  const told: unknown[] = []
  const faultEvents = new FaultEvents({
    // Nothing else of it is used.
    operator: {
      emit: async (event: string, data: object, id: string) => void told.push([event, data, id.replace(/:\d+$/, '')])
    } as unknown as OperatorEvents,
    deliveries: { pendingCount: () => state.pending, maxPending: 100 },
    queues: { queueFaults: () => state.faults },
    ...(withClock && { now: () => state.now })
  })
  const look = () => {
    faultEvents.look()
    return told.splice(0)
  }
  return { state, look }
}

const fault = (code: string, since: number): QueueFault => ({
  component: 'sqs',
  code,
  message: 'no',
  queue: 'sales_call.fifo',
  queues: 2,
  since: new Date(since)
})

t.test('queues that accept nothing for ten seconds are told once for each code', async (t) => {
  const { state, look } = start()
  const data = { message: 'no', queue: 'sales_call.fifo', queues: 2, since: new Date(START).toISOString() }
  state.faults = [fault('AccessDenied', START), fault('ECONNREFUSED', START + 5_000)]
  state.now = START + 9_999
  t.same(look(), [])
  state.now = START + 10_000
  t.same(look(), [['operator.queue-refused', { ...data, code: 'AccessDenied' }, 'queue:AccessDenied']])
  state.now = START + 15_000
  t.match(look(), [['operator.queue-refused', { code: 'ECONNREFUSED' }, 'queue:ECONNREFUSED']])
  t.same(look(), [])
  state.faults = []
  t.same(look(), [])
  state.faults = [fault('AccessDenied', START)]
  t.match(look(), [['operator.queue-refused', { code: 'AccessDenied' }, 'queue:AccessDenied']], 'it is so again')
})

t.test('the time is that of the system', async (t) => {
  const { state, look } = start(false)
  state.faults = [fault('AccessDenied', Date.now() - 11_000), fault('ECONNREFUSED', Date.now())]
  t.match(look(), [['operator.queue-refused', { code: 'AccessDenied' }]])
})

t.test('a backlog that is nearly full is told once, until it has fallen', async (t) => {
  const { state, look } = start()
  const pendings = [79, 80, 100, 79, 60, 80, 59, 79, 80]
  t.same(
    pendings.map((pending) => {
      state.pending = pending
      return look()
    }),
    pendings.map((pending, index) =>
      index === 1 || index === 8 ? [['operator.backlog', { pending, maxPending: 100 }, 'backlog']] : []
    )
  )
})
