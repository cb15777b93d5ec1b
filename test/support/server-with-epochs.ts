import type { Test } from 'tap'
import type { CommonHistory, LogSubscriber } from '../../lib/store/log-store.ts'
import { listen } from './build.ts'
import { heldStore } from './resuming.ts'

/**
 * A server on a log in memory that can begin epochs, as a database that has lost its end does.
 * @param isBehind it does not hear of events
 */
export async function startWithEpochs(
  t: Test,
  { isBehind = false, ...websocket }: { isBehind?: boolean; maxBufferedBytesTotal?: number } = {}
) {
  const held = heldStore(t)
  const { log } = held.store
  const [tail, commonWith, range] = [log.tail.bind(log), log.commonWith.bind(log), log.range.bind(log)]
  const { id: first } = await range()
  let subscriber: LogSubscriber | undefined
  let epoch: CommonHistory | undefined
  t.intercept(log, 'tail', {
    value: (given: LogSubscriber) => {
      // The first to follow the log is the hub of sockets.
      subscriber ??= given
      return tail({ ...given, advanced: (...args) => isBehind || given.advanced(...args) })
    }
  })
  t.intercept(log, 'range', { value: async () => ({ ...(await range()), ...(epoch && { id: epoch.id }) }) })
  t.intercept(log, 'commonWith', {
    value: async (id: string) =>
      epoch && id === first ? { ...epoch, isKnown: true } : { ...(await commonWith(first)), id: epoch?.id ?? first }
  })
  const { app, url } = await listen(t, { sqs: false, eventLog: { store: held.store }, websocket })
  for (const name of ['sales', 'support']) await app.websocket.set(name, { enabled: true })
  /** A new epoch begins, and what is above `upTo` counts as new events of it, of which the server hears unless it is not to. */
  const enter = async (upTo: number, { id = 'second', hears = true } = {}) => {
    epoch = { id, upTo }
    const { head } = await range()
    const events = hears ? await log.read({ after: upTo, limit: 1_000 }) : []
    subscriber?.entered(epoch)
    if (events.length > 0) subscriber?.advanced(events, head)
  }
  return { app, url, held, first, enter }
}
