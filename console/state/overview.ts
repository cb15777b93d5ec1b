import { signal } from '@preact/signals'
import type { ApiError } from '../api/call.ts'
import { getOverview } from '../api/requests.ts'
import type { Overview } from '../api/types.ts'
import { NodeRates, type Rates } from '../rates.ts'
import { NO_SERIES, withPoint, type Series } from '../sample-series.ts'
import { toApiError } from './use-loaded.ts'

const EVERY_MS = 2_000

export interface Status {
  overview: Overview
  rates: Rates | undefined
  sockets: number
  /** Number of nodes that the rates include. */
  heardNodes: number
}

export const status = signal<Status | undefined>(undefined)
export const series = signal<Series>(NO_SERIES)
/** The error of the last poll. */
export const pollError = signal<ApiError | undefined>(undefined)

/** Polls the overview every two seconds on all pages, so that charts have no gaps. @returns a function that stops it */
export function pollOverview(): () => void {
  const controller = new AbortController()
  const rates = new NodeRates()
  let timer: ReturnType<typeof setTimeout>

  async function poll(): Promise<void> {
    try {
      const overview = await getOverview(controller.signal)
      if (controller.signal.aborted) return
      rates.add(overview, performance.now())
      const next = { overview, rates: rates.rates, sockets: rates.sockets, heardNodes: rates.size }
      status.value = next
      series.value = withPoint(series.peek(), Date.now() / 1_000, {
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

  void poll()
  return () => {
    controller.abort()
    clearTimeout(timer)
    status.value = undefined
    series.value = NO_SERIES
    pollError.value = undefined
  }
}
