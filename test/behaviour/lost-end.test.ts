import { copyFileSync, existsSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { LOCKS, lockSpace } from '../../lib/store/postgres/locks.ts'
import { random, seed } from '../support/chaos.ts'
import { API_KEY, build, folder, listen } from '../support/build.ts'
import { startCopiedDatabase } from '../support/database-copies.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { follow } from '../support/follow.ts'
import { freePort } from '../support/free-port.ts'
import { havePostgres, openNode, startDatabase } from '../support/postgres.ts'
import { type EpochChange, ForgottenEpochs } from '../support/forgotten-epochs.ts'
import { numbers } from '../support/resuming.ts'
import { returningClient } from '../support/returning-client.ts'
import { startSqs } from '../support/sqs.ts'
import { soon, until } from '../support/until.ts'

/** Servers whose log can lose its end, or be replaced by an earlier copy. */
interface Servers {
  urls: string[]
  /** The one that accepts events now. */
  app: () => FastifyInstance
  /** What can happen to it, each a few times. */
  happenings: (() => Promise<void>)[]
  forgotten: ForgottenEpochs
}

type Next = () => number

/** One server on a file. */
async function onFile(t: Test, next: Next): Promise<Servers> {
  const path = folder(t)
  const port = await freePort()
  let files = 0
  const forgotten = new ForgottenEpochs()
  const seen = new Set<string>()
  const file = (name: number | string) => join(path, `${name}.db`)
  const copy = (from: number | string, to: number | string) => {
    for (const suffix of ['', '-wal'])
      if (existsSync(file(from) + suffix)) copyFileSync(file(from) + suffix, file(to) + suffix)
  }
  const start = async () => {
    const { app } = await listen(t, { sqs: false, port, eventLog: { url: `file:${file(files)}` } })
    await app.websocket.set('sales', { enabled: true })
    const { log } = app.eventLog.store
    const { id } = await log.range()
    const has: string[] = []
    for (const epoch of seen) if ((await log.commonWith(epoch)).isKnown) has.push(epoch)
    forgotten.add({ had: [...seen], has })
    seen.add(id)
    return app
  }
  // Closed once, so that the selection is in the file and not in its write-ahead log, which may be cut off.
  await (await start()).close()
  let app = await start()
  /** Starts on another file, which was copied a moment ago or earlier. */
  const restart = async () => {
    await app.close()
    app = await start()
  }
  copy(0, 'saved')
  return {
    urls: [`http://127.0.0.1:${port}`],
    app: () => app,
    forgotten,
    happenings: [
      restart,
      async () => copy(files, 'saved'),
      async () => {
        copy('saved', ++files)
        await restart()
      },
      // As after a power cut, with a disk that does not keep what it was told to.
      async () => {
        copy(files, ++files)
        const wal = `${file(files)}-wal`
        if (existsSync(wal)) truncateSync(wal, Math.floor(next() * statSync(wal).size))
        await restart()
      }
    ]
  }
}

/** Two nodes on PostgreSQL, which stay when it loses the end of the log or all connections. */
async function onPostgres(t: Test, next: Next): Promise<Servers> {
  const { url, terminate, run } = await startDatabase(t)
  const start = async () => {
    const store = await openNode(t, { url, schema: 'log' })
    return listen(t, { sqs: false, eventLog: { store } })
  }
  const servers = [await start(), await start()] as const
  const [{ app }] = servers
  await app.websocket.set('sales', { enabled: true })
  // A node that does not know of it would refuse clients.
  await until(() => servers.every((one) => one.app.eventLog.instances.get('sales')?.selections.websocket))
  const forgotten = new ForgottenEpochs()
  return {
    urls: servers.map(({ url }) => url),
    app: () => app,
    forgotten,
    happenings: [
      async () => void (await terminate()),
      // As after a restart.
      async () => void (await run("UPDATE log.log SET place = ''")),
      // As a standby that lags and becomes the primary.
      async () => {
        const epochs = (name: string) => `SELECT array_agg(id) AS ${name} FROM log.epochs`
        const rows =
          await run(`BEGIN; SELECT pg_advisory_xact_lock(${lockSpace('log')}, ${LOCKS.append}); ${epochs('had')};
          UPDATE log.log SET place = '', last_offset = greatest(0, last_offset - ${Math.floor(next() * 50)});
          DELETE FROM log.events WHERE "offset" > (SELECT last_offset FROM log.log);
          DELETE FROM log.epochs WHERE first_offset > (SELECT last_offset FROM log.log) AND number > 1;
          UPDATE log.log SET id = (SELECT e.id FROM log.epochs e ORDER BY e.number DESC LIMIT 1);
          ${epochs('has')}; COMMIT`)
        forgotten.add(Object.assign({}, ...rows) as EpochChange)
        if (next() < 0.5) await terminate()
      }
    ]
  }
}

async function lose(t: Test, servers: Servers, { next, rounds }: { next: Next; rounds: number }): Promise<void> {
  const { urls, happenings, forgotten } = servers
  const any = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T
  const clients = numbers(6).map((n) => returningClient(t, `${urls[n % urls.length]!}/sales`))
  const followers = numbers(2).map((n) =>
    follow(t, `${urls[n % urls.length]!}/sales`, { apikey: API_KEY, offset: 0, reconnectionDelayMax: 30 })
  )
  const over = new AbortController()
  const load = (async () => {
    for (let n = 0; !over.signal.aborted; n++) {
      const events = numbers(1 + Math.floor(next() * 20)).map((data) => ({ instance: 'sales', event: 'call', data }))
      await servers
        .app()
        .eventLog.accept(events)
        .catch(() => {})
      if (n % 3 === 0) any(clients).drop()
      await pause(next() * 20)
    }
  })()
  for (let round = 0; round < rounds; round++) {
    await pause(next() * 100)
    await any(happenings)()
  }
  over.abort()
  await load
  const { eventLog } = servers.app()
  const { log } = eventLog.store
  // The last thing that happened may still make PostgreSQL refuse it.
  await until(() => eventLog.accept({ instance: 'sales', event: 'call', data: 'last' }).then(Boolean, () => false))
  // An append whose connection ended may be committed after its caller was told that it failed.
  const areAtEnd = async (offsets: () => (number | string | undefined)[]) => {
    const { head } = await log.range()
    return offsets().every((offset) => offset === head)
  }
  await until(() => areAtEnd(() => clients.map(({ offset }) => offset())))
  await until(() => areAtEnd(() => followers.map(({ connection }) => connection.offset)))

  const logged = (await log.read({ after: 0, limit: 1_000_000 })).map(({ offset, id }) => [offset, id] as const)
  t.comment(`${logged.length} events`)
  for (const { events, wrong, losses } of clients) {
    t.strictSame(wrong, [])
    t.strictSame([...events], logged)
    const unfounded = losses.filter(
      ({ setBacks }) => setBacks.length === 0 || !setBacks.every((setBack) => forgotten.explain(setBack))
    )
    t.strictSame(unfounded, [], 'told that events are missing, though the log has lost none')
  }
  for (const { messages } of followers) {
    const got = new Set(messages.map(({ id }) => id))
    t.strictSame(
      logged.filter(([, id]) => !got.has(id)),
      []
    )
  }
}

t.test('a client with its offset and log misses nothing of a file that was restored or cut off', async (t) => {
  const next = random(seed(t))
  await lose(t, await onFile(t, next), { next, rounds: 10 })
})

if (await havePostgres(t)) {
  t.test('a client with its offset and log misses nothing of a database that has lost its end', async (t) => {
    const next = random(seed(t))
    await lose(t, await onPostgres(t, next), { next, rounds: 20 })
  })

  t.test('an event with the offset of a lost one is sent, whatever becomes of the call for the lost one', async (t) => {
    const database = await startCopiedDatabase(t)
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const store = await openNode(t, { url: database.url, schema: 'log' })
    const { deliveries } = store
    const app = await build(t, {
      eventLog: { store },
      sqs: { ...sqs.options, endpoint: proxy.endpoint, global: { events: ['CALL'] } }
    })
    const send = (data: string) => app.onInstanceEvent({ instance: 'sales', event: 'call', data })
    await send('kept')
    await until(() => sqs.depth('global_call.fifo') === 1 && deliveries.pendingCount() === 0)
    const sends = () => until(() => store.status().connected && store.status().partitions === 256)
    await database.copy()
    await sends()

    const calls: PromiseWithResolvers<undefined>[] = []
    proxy.decide = ({ action }) => {
      if (action !== 'SendMessageBatch') return undefined
      const held = Promise.withResolvers<undefined>()
      calls.push(held)
      return held.promise
    }
    const { offset } = await send('lost')
    await until(() => calls.length === 1)
    await send('lost before it was sent')
    await database.fallBack()
    await sends()
    t.equal((await send('new')).offset, offset)
    await until(() => calls.length === 2)

    const acknowledge = deliveries.acknowledge.bind(deliveries)
    const acknowledged = new Promise<void>((resolve, reject) => {
      deliveries.acknowledge = (refs) => {
        const done = acknowledge(refs)
        done.then(resolve, reject)
        return done
      }
    })
    calls[0]?.resolve(undefined)
    await soon(acknowledged, 'the acknowledgement of the lost event')
    const lane = { queue: 'global_call.fifo', instanceKey: store.instances.require('sales').key }
    t.match(await deliveries.readLane(lane, { after: 0, limit: 10, maxBytes: Infinity }), [{ offset, data: '"new"' }])
    calls[1]?.resolve(undefined)
    const bodies = await sqs.bodies('global_call.fifo', 3)
    t.strictSame(
      bodies.map(({ data }) => data),
      ['kept', 'lost', 'new']
    )
    await until(() => deliveries.pendingCount() === 0)
  })
}
