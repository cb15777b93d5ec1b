import Fastify from 'fastify'
import t from 'tap'
import { closeServer } from '../../lib/standalone/close-server.ts'

/** A server whose start takes until `finish` is called, and the names of the steps so far. */
function starting() {
  const steps: string[] = []
  const { promise: held, resolve: finish } = Promise.withResolvers<void>()
  const server = Fastify({ pluginTimeout: 0 })
  server.addHook('onClose', async () => void steps.push('closed'))
  const start = (async () => {
    await server.register(async () => held)
    steps.push('started')
  })()
  return { server, start, finish, steps }
}

t.test('a server that is starting is closed after its start', async (t) => {
  const { server, start, finish, steps } = starting()
  const closed = closeServer(server, { start })
  finish()
  await closed
  t.strictSame(steps, ['started', 'closed'])
})

t.test('a failed start does not keep a server from being closed', async (t) => {
  const { server, finish, steps } = starting()
  finish()
  await closeServer(server, { start: Promise.reject(new Error('no start')) })
  t.equal(steps.at(-1), 'closed')
})

t.test('a start that takes too long is not waited for', async (t) => {
  const { server, start, finish, steps } = starting()
  await closeServer(server, { start, startMs: 1 })
  t.strictSame(steps, [])
  finish()
  await server.close()
})
