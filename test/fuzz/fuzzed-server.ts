import type { Test } from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import { startStandalone } from '../support/standalone.ts'
import type { Findings } from './findings.ts'
import type { LoopReport } from './loop-monitor.ts'

const MAX_BLOCKED_MS = 250
const MAX_RSS_MIB = 1_024

export interface FuzzedServerOptions {
  endpoint: string
  findings: Findings
  /** Whether a blocked event loop is a finding. */
  measured: boolean
}

/** Starts server.ts as a process, and watches its end, its event loop and its memory. */
export async function startFuzzedServer(t: Test, { endpoint, findings, measured }: FuzzedServerOptions) {
  const server = await startStandalone(t, {
    cwd: folder(t),
    preload: new URL('loop-monitor.ts', import.meta.url).href,
    env: {
      NODE_OPTIONS: '--max-old-space-size=512',
      AUTHENTICATION_API_KEY: API_KEY,
      SQS_ENDPOINT: endpoint,
      SQS_ACCESS_KEY_ID: 'a',
      SQS_SECRET_ACCESS_KEY: 'b',
      SQS_GLOBAL_EVENTS: 'CALL',
      HUBS: 'evolution,evolution-go,waha',
      // Every fault of SQS passes: no event of the good tenant may become a dead letter.
      SQS_MAX_ATTEMPTS: '1000000',
      // All clients have one address.
      WRONG_KEYS_PER_MINUTE: '1000000',
      LOG_LEVEL: 'warn'
    }
  })
  const state = { ended: false, stopping: false, reports: 0, most: { blockedMs: 0, lateMs: 0, rssMiB: 0 } }
  server.process.once('exit', (code, signal) => {
    if (state.stopping) return
    state.ended = true
    findings.addWithCause('the process ended', `${code ?? signal}: ${server.output().slice(-2_000)}`)
  })
  server.process.on('message', (report: LoopReport) => {
    // The first report includes the start of the server.
    if (state.reports++ === 0) return
    for (const name of ['blockedMs', 'lateMs', 'rssMiB'] as const)
      state.most[name] = Math.max(state.most[name], Math.round(report[name]))
    if (measured && report.blockedMs > MAX_BLOCKED_MS)
      findings.addWithCause('the event loop was blocked', JSON.stringify(report))
    if (report.rssMiB > MAX_RSS_MIB) findings.addWithCause('too much memory', JSON.stringify(report))
  })
  return {
    url: server.url,
    output: server.output,
    state,
    /** @returns the exit code */
    stop: () => {
      state.stopping = true
      return server.stop('SIGTERM')
    }
  }
}
