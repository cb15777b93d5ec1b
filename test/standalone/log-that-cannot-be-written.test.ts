import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import { UNMEASURED } from '../support/child-coverage.ts'
import { freePort } from '../support/free-port.ts'
import { call } from '../support/standalone.ts'
import { until } from '../support/until.ts'

// Each test has its own server, and mostly waits.
t.jobs = 4

const SERVER = fileURLToPath(new URL('../../server.ts', import.meta.url))
/** Part of a log line. About a hundred of them fill any pipe and the buffer of the server. */
const LONG = 'x'.repeat(14_000)
const REQUESTS = 120

type Output = number | 'ignore' | 'pipe'

interface Started {
  stdout: Output
  stderr?: Output
  /** Measures coverage. @default false */
  measured?: boolean
}

interface Overview {
  totals: { unloggedLines: number }
  faults: { component: string; code: string; message: string }[]
}

/** Starts a server whose log goes to `stdout`, and waits until it answers. */
async function start(t: Test, { stdout, stderr = 'ignore', measured = false }: Started) {
  const port = await freePort()
  const child = spawn(process.execPath, [SERVER], {
    cwd: folder(t),
    env: {
      ...(!measured && UNMEASURED),
      SERVER_PORT: String(port),
      SQS_ENABLED: 'false',
      AUTHENTICATION_API_KEY: API_KEY
    },
    stdio: ['ignore', stdout, stderr]
  })
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const url = `http://127.0.0.1:${port}`
  await until(() =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => child.exitCode !== null
    )
  )
  const overview = async () => (await call(`${url}/overview`, { key: API_KEY })).body as Overview
  return {
    child,
    url,
    overview,
    /** Sends requests, each of which is logged. */
    async requests(count: number): Promise<void> {
      await Promise.all(Array.from({ length: count }, () => call(`${url}/nowhere?x=${LONG}`)))
    },
    async stop(): Promise<number | NodeJS.Signals> {
      child.kill('SIGTERM')
      const [code, signal] = await ended
      return code ?? (signal as NodeJS.Signals)
    }
  }
}

type Running = Awaited<ReturnType<typeof start>>

/** Checks that the server continues, reports the fault, and stops on a signal. */
async function goesOn(t: Test, { url, overview, stop }: Running, code: string): Promise<void> {
  t.match(await call(`${url}/health`), { status: 200 })
  const { totals, faults } = await overview()
  t.ok(totals.unloggedLines > 0)
  t.match(faults, [{ component: 'log', code, message: /lines? of the log could not be written: / }])
  const metrics = await (await fetch(`${url}/metrics`)).text()
  t.match(metrics, /^iev_log_lines_dropped_total [1-9]\d*$/m)
  t.equal(await stop(), 0)
}

/** A file system of 256 kB; `undefined` if none can be created. */
function tinyDisk(t: Test): string | undefined {
  const path = join(folder(t), 'disk')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  t.after(() => execFileSync('umount', ['-l', path]))
  return path
}

t.test('with a full disk, the log loses lines but the server continues; later lines are written again', async (t) => {
  const disk = tinyDisk(t)
  if (disk === undefined) return void t.pass('a disk of 256 kB', { skip: 'none can be mounted here' })
  const log = join(disk, 'log')
  const filler = join(disk, 'filler')
  const fd = openSync(log, 'a')
  t.after(() => closeSync(fd))
  writeFileSync(filler, Buffer.alloc(200_000))
  const running = await start(t, { stdout: fd, measured: true })
  await running.requests(10)
  const { faults } = await running.overview()
  t.match(faults, [{ component: 'log', code: 'ENOSPC' }])

  rmSync(filler)
  await running.requests(1)
  t.same((await running.overview()).faults, [])
  t.match(await call(`${running.url}/health`), { status: 200 })
  t.equal(await running.stop(), 0)
  const [, lines = ''] = readFileSync(log, 'utf8').split('\n\n')
  const unread = lines
    .trim()
    .split('\n')
    .filter((line) => !parses(line))
  t.ok(unread.length <= 1, 'at most the line at the edge of the disk is cut')
  t.match(lines, /"dropped":[1-9]\d*,"msg":"Earlier lines of the log could not be written"/)
})

function parses(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

t.test('a full device for the log and for errors does not stop the server', async (t) => {
  const fd = openSync('/dev/full', 'w')
  t.after(() => closeSync(fd))
  const running = await start(t, { stdout: fd, stderr: fd, measured: true })
  await running.requests(3)
  await goesOn(t, running, 'ENOSPC')
})

t.test('a pipe without a reading process does not stop the server', async (t) => {
  const path = join(folder(t), 'pipe')
  execFileSync('mkfifo', [path])
  // Open at both ends, so that the pipe is neither closed nor read.
  const fd = openSync(path, constants.O_RDWR)
  t.after(() => closeSync(fd))
  const running = await start(t, { stdout: fd, stderr: fd })
  await running.requests(REQUESTS)
  await goesOn(t, running, 'EAGAIN')
})

t.test('a socket without a reading process does not stop the server', async (t) => {
  const running = await start(t, { stdout: 'pipe' })
  await running.requests(REQUESTS)
  await goesOn(t, running, 'EAGAIN')
})

t.test('a reader that ends does not stop the server', async (t) => {
  const running = await start(t, { stdout: 'pipe', stderr: 'pipe' })
  running.child.stdout?.destroy()
  running.child.stderr?.destroy()
  await running.requests(3)
  await goesOn(t, running, 'EPIPE')
})

t.test('a server that cannot start ends even if its error cannot be written', async (t) => {
  const fd = openSync('/dev/full', 'w')
  t.after(() => closeSync(fd))
  const child = spawn(process.execPath, [SERVER], {
    cwd: folder(t),
    env: { ...UNMEASURED, SERVER_PORT: 'http' },
    stdio: ['ignore', fd, fd]
  })
  t.same(await once(child, 'exit'), [1, null])
})
