// Handles every event of an instance in order, including those of the time in which this program was not running.
//
//   API_KEY=<global key or token of the instance> INSTANCE=sales node examples/connect-instance.mjs
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
// In your app: import { connectInstance } from 'fastify-instance-events/client'
import { connectInstance } from '../lib/client/connect-instance.ts'

const { URL = 'ws://localhost:8080', INSTANCE = 'sales', API_KEY = '', FILE = `${INSTANCE}.place.json` } = process.env

/** Returns where the last run stopped. The first run begins with new events. */
function kept() {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return { offset: 'latest' }
    throw error
  }
}

/** Writes a new file and renames it, so that a crash leaves either the old one or the new one. */
function keep(offset) {
  // The log that the offset belongs to. If the server has another log by then, it sends all events of it.
  writeFileSync(`${FILE}.new`, JSON.stringify({ offset, log: connection.log }))
  renameSync(`${FILE}.new`, FILE)
}

console.log(`connecting to ${INSTANCE}`)
const connection = connectInstance(`${URL}/${encodeURIComponent(INSTANCE)}`, {
  apikey: API_KEY,
  transports: ['websocket'],
  ...kept(),
  // May be async: the next event waits for it. If it throws, the offset is not kept, and the next run receives the event again.
  onEvent({ offset, event, data }) {
    console.log(offset, event, data)
    keep(offset)
  },
  onResumed({ to, count, complete }) {
    console.log(`resumed at ${to}: ${count} missed, ${complete ? 'all' : 'not all'} of them still there`)
    keep(to)
  },
  onError(error) {
    console.error(error)
    // With `retryAfterMs`, the connection has not ended: it is retried after that time.
    if (error.retryAfterMs === undefined) process.exitCode = 1
  }
})

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => connection.close())
