import { setTimeout as pause } from 'node:timers/promises'
import * as fc from 'fast-check'
import type { Test } from 'tap'
import { checkQueues, random } from '../support/chaos.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { Findings } from './findings.ts'
import { startFuzzedServer } from './fuzzed-server.ts'
import { startGoodTenant } from './good-tenant.ts'
import { hostileHandshake, shakeHands } from './handshakes.ts'
import { Health } from './health.ts'
import { sendAndJudge } from './judge.ts'
import { unexpectedLines } from './log-lines.ts'
import { isRefused } from './json-texts.ts'
import { bombRequest, hostileRead, hostileWrite } from './requests.ts'
import { environment, readSettings } from './settings.ts'
import { changeWeather } from './sqs-weather.ts'
import { GOOD } from './tenants.ts'

export interface FuzzOptions {
  seed: number
  seconds: number
  /** The size of the largest bodies in bytes. */
  maxBytes: number
  /** Whether responses of SQS stall: each takes as long as the server's deadline. */
  stalls: boolean
  /** Whether a blocked event loop is a finding; on a machine with other load it is not. */
  measured: boolean
}

/** Milliseconds within which pending events must be sent once SQS answers. */
const DRAIN_MS = 60_000

/** Sends random requests, handshakes, settings and responses of SQS, and collects violations of the invariants. */
export async function fuzz(t: Test, { seed, seconds, maxBytes, stalls, measured }: FuzzOptions): Promise<void> {
  const again = `npm run fuzz -- --seed ${seed} --seconds ${seconds}`
  t.comment(again)
  const findings = new Findings()
  const { sqs, proxy } = await startProxiedSqs(t)
  const server = await startFuzzedServer(t, { endpoint: proxy.endpoint, findings, measured })
  const { url, state } = server

  const tenant = await startGoodTenant(t, url, findings)
  const health = new Health(url)
  const watching = health
    .watch()
    .catch((error: Error) => state.ended || findings.addWithCause('no answer', error.message))
  const until = performance.now() + seconds * 1_000
  const counts: Record<string, Record<string, number>> = {}

  async function lane<T>(name: string, arbitrary: fc.Arbitrary<T>, act: (value: T) => Promise<string> | string) {
    const count: Record<string, number> = (counts[name] = {})
    const property = fc.asyncProperty(arbitrary, async (value) => {
      if (state.ended) return
      findings.inFlight.set(name, value)
      try {
        const outcome = await act(value)
        count[outcome] = (count[outcome] ?? 0) + 1
      } catch (error) {
        if (!state.ended) throw error
      } finally {
        findings.inFlight.delete(name)
      }
    })
    const interruptAfterTimeLimit = Math.max(0, until - performance.now())
    const details = await fc.check(property, {
      seed: seed + Object.keys(counts).length,
      numRuns: 1_000_000_000,
      interruptAfterTimeLimit
    })
    if (details.failed)
      findings.add(name, `${String(details.errorInstance)}\n${await fc.asyncDefaultReportMessage(details)}`)
  }
  /** Checks that all accepted events were delivered, and that the server reports so. */
  async function checkEnd(): Promise<void> {
    if (state.ended) return
    await tenant.heardAll()
    const drained = AbortSignal.timeout(DRAIN_MS)
    while (!drained.aborted && (await health.overview()).pending > 0) await pause(50)
    const { pending, totals, faults } = await health.overview()
    if (pending > 0) findings.add('events stay pending', { pending, faults })
    if (totals.delivered < 2 * posted) findings.add('/overview knows of too few deliveries', { totals, posted })
    if (!(await health.reaches('healthy', DRAIN_MS))) findings.add('unhealthy at the end', health.latest)
  }

  const request = (value: Parameters<typeof sendAndJudge>[1]) => sendAndJudge(url, value)

  const [outages] = await Promise.all([
    changeWeather({ proxy, health, findings, next: random(seed), stalls, until }),
    lane('small bodies', hostileWrite(2_000), request),
    lane('bodies', hostileWrite(maxBytes), request),
    lane('bombs', bombRequest(maxBytes), async (value) => {
      const outcome = await request(value)
      if (isRefused(value.body) && !outcome.startsWith('4')) throw new Error(`It was not refused: ${outcome}`)
      return outcome
    }),
    lane('paths and queries', hostileRead, request),
    lane('handshakes', hostileHandshake, async (value) => {
      const outcome = await shakeHands(url, value)
      if (outcome !== 'unharmed') throw new Error(outcome)
      return outcome
    }),
    lane('settings', environment, async (value) => {
      readSettings(value)
      await pause(1)
      return 'read'
    })
  ])

  const posted = await tenant.stop()
  await checkEnd().catch((error: Error) => findings.add('no answer at the end', error.message))
  health.stop()
  await watching
  t.equal(await server.stop(), 0, 'the server stops at SIGTERM')
  for (const line of unexpectedLines(server.output())) findings.add('an unexpected line in the log', line)

  t.comment(
    JSON.stringify({
      seed,
      seconds,
      posted,
      outages,
      calls: proxy.calls.length,
      most: state.most,
      slowestHealthMs: Math.round(health.slowestMs),
      counts
    })
  )
  const numbers = Array.from({ length: posted }, (_, index) => index + 1)
  const pick = (data: unknown) => (data as { n: number }).n
  checkQueues(t, sqs.server, { [`${GOOD.instance}_call.fifo`]: new Map([[GOOD.instance, numbers]]) }, pick)
  t.same(findings.list(), {}, `no invariant is violated; to repeat: ${again}`)
}
