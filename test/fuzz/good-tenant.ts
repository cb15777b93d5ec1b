import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import { follow } from '../support/follow.ts'
import { call } from '../support/standalone.ts'
import type { Findings } from './findings.ts'
import { API_KEY, GOOD, HOSTILE, MARK } from './tenants.ts'

/** Milliseconds between two events. */
const PACE_MS = 10
const WAITS_MS = 60_000

/** Posts numbered events, one after the other, each until it is accepted, and receives them by a socket. */
export async function startGoodTenant(t: Test, url: string, findings: Findings) {
  const selection = { enabled: true, events: ['CALL'] }
  for (const { instance: instanceName, token } of [GOOD, HOSTILE]) {
    const body = { instanceName, token, sqs: selection, websocket: selection }
    const made = await call(`${url}/instance/create`, { method: 'POST', key: API_KEY, body })
    if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  }
  const state = { heard: 0, posted: 0, stopped: false }
  const listening = follow(t, `${url}/${GOOD.instance}`, {
    offset: 0,
    apikey: GOOD.token,
    onEvent: ({ instance, data }) => {
      const { n, mark } = data as { n?: number; mark?: string }
      if (instance !== GOOD.instance || mark !== MARK || n !== state.heard + 1)
        findings.add('the socket got another event', { after: state.heard, instance, data })
      state.heard = n ?? state.heard
    }
  })

  const posting = (async () => {
    while (!state.stopped) {
      const n = state.posted + 1
      const body = { event: 'call', id: `event-${n}`, data: { n, mark: MARK } }
      const reply = await call(`${url}/events/${GOOD.instance}`, { method: 'POST', key: GOOD.token, body }).catch(
        () => undefined
      )
      if (reply?.status === 202) state.posted = n
      else if (reply && reply.status !== 503) findings.add('a good event was refused', reply)
      await pause(PACE_MS)
    }
  })()

  return {
    /** Stops posting. @returns the number of accepted events */
    async stop(): Promise<number> {
      state.stopped = true
      await posting
      return state.posted
    },
    /** Resolves when the socket has received all events, or after a minute. */
    async heardAll(): Promise<void> {
      const waiting = AbortSignal.timeout(WAITS_MS)
      while (state.heard < state.posted && !waiting.aborted) await pause(PACE_MS)
      if (state.heard !== state.posted) findings.add('the socket misses events', state)
      if (listening.errors.length > 0) findings.add('the socket was refused', listening.errors.map(String))
    }
  }
}
