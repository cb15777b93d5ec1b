import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { STOP_SIGNALS } from '../../lib/standalone/stop-signals.ts'
import { LOCKS, lockSpace } from '../../lib/store/postgres/locks.ts'
import { API_KEY, folder } from '../support/build.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { spawnServer } from '../support/standalone.ts'
import { soonOnce, until } from '../support/until.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 3

/** Starts a server that waits for the lock of migrations, as while another node migrates the schema. */
async function startHeld(t: Test) {
  const { url } = await startDatabase(t)
  const holder = new Client(url)
  // Its database may be dropped before it ends.
  holder.on('error', () => {})
  await holder.connect()
  t.after(() => holder.end().catch(() => {}))
  const lock = [lockSpace('instance_events'), LOCKS.migrate]
  await holder.query('SELECT pg_advisory_lock($1, $2)', lock)
  const env = { AUTHENTICATION_API_KEY: API_KEY, DATABASE_URL: url, SQS_ENABLED: 'false' }
  const server = spawnServer(t, { cwd: folder(t), env })
  await until(async () => {
    // pg_locks has the locks of all databases.
    const here = 'database = (SELECT oid FROM pg_database WHERE datname = current_database())'
    const text = `SELECT FROM pg_locks WHERE NOT granted AND classid = $1 AND objid = $2 AND ${here}`
    return (await holder.query(text, lock)).rowCount === 1
  })
  return { ...server, release: () => holder.query('SELECT pg_advisory_unlock($1, $2)', lock) }
}

if (await havePostgres(t)) {
  t.test('a server that is stopped during its start finishes the start, closes, and exits with 0', async (t) => {
    const { child, ended, output, release } = await startHeld(t)
    child.kill('SIGTERM')
    await release()
    t.equal(await ended(), 0)
    t.match(output(), 'The server stops')
    t.notMatch(output(), /not started|Error|is ready/)
  })

  t.test('a server that is stopped during a start that takes long exits with 0 without it', async (t) => {
    const { child, ended, output } = await startHeld(t)
    child.kill('SIGTERM')
    t.equal(await ended(), 0)
    t.match(output(), 'The server stops')
    t.notMatch(output(), /not started|Error|is ready/)
  })
}

/** Starts a server with a listener of `fastify.initialization`, which is called with each Fastify of the process. */
function startPreloaded(t: Test, { listener, env }: { listener: string; env?: Record<string, string> }) {
  const cwd = folder(t)
  const preload = join(cwd, 'preload.mjs')
  writeFileSync(
    preload,
    `import { subscribe } from 'node:diagnostics_channel'\nsubscribe('fastify.initialization', ${listener})\n`
  )
  return spawnServer(t, { cwd, env: { DATABASE_URL: ':memory:', ...env }, preload: pathToFileURL(preload).href })
}

for (const signal of STOP_SIGNALS) {
  t.test(`a server that gets ${signal} while the emulator of SQS starts exits with 0`, async (t) => {
    // The second Fastify is that of the emulator.
    const kill = `process.kill(process.pid, '${signal}')`
    const listener = `() => { if ((globalThis.made = (globalThis.made ?? 0) + 1) === 2) ${kill} }`
    const { ended, output } = startPreloaded(t, { listener })
    t.equal(await ended(), 0)
    t.match(output(), 'The server stops')
    t.notMatch(output(), /not started|Error|is ready/)
  })
}

t.test('a start may take longer than Fastify gives to plugins by default', async (t) => {
  const listener = '({ fastify }) => process.send(fastify.initialConfig.pluginTimeout)'
  const { child } = startPreloaded(t, { listener, env: { SQS_ENABLED: 'false' } })
  const [pluginTimeout] = await soonOnce(child, 'message')
  t.equal(pluginTimeout, 0, 'it has no limit')
})
