import { signal } from '@preact/signals'
import type { ApiError } from '../api/call.ts'
import { getHistory, getOverview } from '../api/requests.ts'
import type { Overview, OverviewHistory } from '../api/types.ts'
import { NodeRates, type Rates } from '../rates.ts'
import { NO_SERIES, withHistory, withPoint, type Series } from '../sample-series.ts'
import { toApiError } from './use-loaded.ts'

const EVERY_MS = 2_000
/** Milliseconds between two samples of the server. */
const SAMPLE_MS = 10_000

export interface Status {
  overview: Overview
  /** When it arrived, in milliseconds since 1970. */
  at: number
  rates: Rates | undefined
  sockets: number
  /** Number of nodes that the rates include. */
  heardNodes: number
}

export const status = signal<Status | undefined>(undefined)
export const series = signal<Series>(NO_SERIES)
/** The error of the last poll. */
export const pollError = signal<ApiError | undefined>(undefined)

type Sample = OverviewHistory['samples'][number]

function heardOf({ rates, sockets, size }: NodeRates): Pick<Status, 'rates' | 'sockets' | 'heardNodes'> {
  return { rates, sockets, heardNodes: size }
}

function allOf({ accepted, delivered, sockets }: Sample, nodes: number): ReturnType<typeof heardOf> {
  const rates = accepted === null || delivered === null ? undefined : { accepted, delivered }
  return { rates, sockets, heardNodes: nodes }
}

/** Polls the overview every two seconds on all pages, so that charts have no gaps. @returns a function that stops it */
export function pollOverview(): () => void {
  const controller = new AbortController()
  const rates = new NodeRates()
  let timer: ReturnType<typeof setTimeout>
  /** The last sample of all nodes, until all of them have answered twice. */
  let sums: Sample | undefined
  let summedAt = -Infinity

  async function readHistory(): Promise<OverviewHistory> {
    summedAt = performance.now()
    const history = await getHistory(controller.signal)
    sums = history.samples.at(-1)
    return history
  }

  async function readSums(): Promise<void> {
    await begun
    if (performance.now() - summedAt >= SAMPLE_MS) await readHistory()
  }

  async function poll(): Promise<void> {
    try {
      const overview = await getOverview(controller.signal)
      if (controller.signal.aborted) return
      rates.add(overview, performance.now())
      const isPartial = rates.size < overview.nodes || rates.rates === undefined
      // Without it, the nodes that have answered count.
      if (isPartial) await readSums().catch(() => {})
      const next = { overview, at: Date.now(), ...(isPartial && sums ? allOf(sums, overview.nodes) : heardOf(rates)) }
      status.value = next
      series.value = withPoint(series.peek(), {
        time: next.at / 1_000,
        accepted: next.rates?.accepted ?? null,
        delivered: next.rates?.delivered ?? null,
        pending: overview.pending,
        // Without pending deliveries the age is 0; while the database is unreachable, it is unknown.
        oldest: overview.lastOffset === null ? null : (overview.oldestPendingAgeSeconds ?? 0),
        deadLetters: overview.deadLetters,
        sockets: next.sockets
      })
      pollError.value = undefined
    } catch (error) {
      if (controller.signal.aborted) return
      pollError.value = toApiError(error)
    }
    timer = setTimeout(() => void poll(), EVERY_MS)
  }

  async function begin(): Promise<void> {
    const { time, samples } = await readHistory()
    // The clock of the server may differ from that of the browser.
    const ahead = Date.now() - Date.parse(time)
    const points = samples.map(({ time, oldestPendingAgeSeconds, ...sample }) => ({
      ...sample,
      oldest: oldestPendingAgeSeconds ?? 0,
      time: (Date.parse(time) + ahead) / 1_000
    }))
    if (!controller.signal.aborted) series.value = withHistory(series.peek(), points)
  }

  // Without it, the charts begin now.
  const begun = begin().catch(() => {})
  void poll()
  return () => {
    controller.abort()
    clearTimeout(timer)
    status.value = undefined
    series.value = NO_SERIES
    pollError.value = undefined
  }
}
