// Handles every event of an instance, one after the other, also those that happened while this program was not running.
//
//   API_KEY=<global key or token of the instance> INSTANCE=sales node examples/connect-instance.mjs
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
// In your app: import { connectInstance } from 'fastify-instance-events/client'
import { connectInstance } from '../lib/client/connect-instance.ts'

const { URL = 'ws://localhost:8080', INSTANCE = 'sales', API_KEY = '', FILE = `${INSTANCE}.place.json` } = process.env

/** Where an earlier run stopped; the first one begins with what happens from now on. */
function kept() {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return { offset: 'latest' }
    throw error
  }
}

/** Renamed into its place, so that a crash leaves the old one or the new one and never half of it. */
function keep(offset) {
  // Which log the offset is of: should the server ever begin another one, all of that comes.
  writeFileSync(`${FILE}.new`, JSON.stringify({ offset, log: connection.log }))
  renameSync(`${FILE}.new`, FILE)
}

console.log(`connecting to ${INSTANCE}`)
const connection = connectInstance(`${URL}/${encodeURIComponent(INSTANCE)}`, {
  apikey: API_KEY,
  transports: ['websocket'],
  ...kept(),
  // May be async: the next event waits. One that throws is not kept, and comes again with the next run.
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
    // With `retryAfterMs`, the connection has not ended: it is tried again after that time.
    if (error.retryAfterMs === undefined) process.exitCode = 1
  }
})

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => connection.close())
