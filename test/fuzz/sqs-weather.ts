import { setTimeout as pause } from 'node:timers/promises'
import { type Entry, refusals } from '../support/chaos.ts'
import type { Fault, FaultProxy } from '../support/fault-proxy.ts'
import type { Findings } from './findings.ts'
import type { Health } from './health.ts'

/** Faults that pass, of AWS and of others in its place. */
const ANSWERS: Fault[] = [
  'reset',
  'reset-after',
  { status: 500, code: 'InternalFailure' },
  { status: 503, code: 'ServiceUnavailable' },
  { status: 400, code: 'RequestThrottled' },
  { status: 500, code: 'InternalFailure', message: `\u001b[31m${'x'.repeat(2_000_000)}` },
  { foreign: 413 },
  { foreign: 413, type: 'text/plain', body: 'too large' },
  { foreign: 200 },
  { foreign: 200, type: 'application/json', body: '{}' },
  { foreign: 302 },
  { foreign: 404 },
  { foreign: 429, body: '' },
  { foreign: 502 },
  {
    foreign: 400,
    type: 'text/xml',
    body: '<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>'
  }
]
/** Faults that last as long as the server's deadline. */
const STALLS: Fault[] = ['silence', 'stall', 'drip']
/** Faults that the probe of `/ready` finds itself. */
const OUTAGES: Fault[] = [...ANSWERS, { status: 403, code: 'UnrecognizedClientException' }].filter(
  (fault) => fault !== 'reset-after'
)

/** Milliseconds within which `/ready` and `/overview` must report a change: deadlines, waits between tries, a busy machine. */
const SAID_MS = 20_000
const OVER_MS = 40_000
const STORM_MS = 2_000

export interface WeatherOptions {
  proxy: FaultProxy
  health: Health
  findings: Findings
  next: () => number
  /** Whether calls may stall. */
  stalls: boolean
  /** The time of `performance.now()` after which no outage begins. */
  until: number
}

/** Alternates outages of SQS and times of random faults. @returns the number of outages */
export async function changeWeather({ proxy, health, findings, next, stalls, until }: WeatherOptions): Promise<number> {
  const one = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  const outages = stalls ? [...OUTAGES, ...STALLS] : OUTAGES
  let count = 0
  while (performance.now() < until) {
    const fault = one(outages)
    proxy.decide = () => fault
    count++
    if (!(await health.reaches('unhealthy', SAID_MS)))
      findings.addWithCause('healthy while SQS fails', `${short(fault)}: ${health.latest}`)
    proxy.decide = () => undefined
    if (!(await health.reaches('healthy', OVER_MS)))
      findings.addWithCause('unhealthy though SQS is back', `${short(fault)}: ${health.latest}`)
    const share = next() * 0.6
    proxy.decide = ({ action, body }) => {
      if (next() >= share) return undefined
      if (stalls && next() < 0.05) return one(STALLS)
      if (action === 'SendMessageBatch' && next() < 0.3) return { refuse: refusals(body.Entries as Entry[], next) }
      return one(ANSWERS)
    }
    await pause(Math.min(STORM_MS, Math.max(0, until - performance.now())))
    proxy.decide = () => undefined
  }
  return count
}

function short(fault: Fault): string {
  return JSON.stringify(fault).slice(0, 200)
}
