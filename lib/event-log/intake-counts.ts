import type { InstanceEventsError } from '../error-class.ts'
import { UNLISTED, type NewEvent } from '../events/event.ts'
import type { AppendResult } from '../store/log-store.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { loadOf, type Refusals } from './refusals.ts'

/** A refusal, which has its code, or an error of the store. */
export type IntakeError = Error &
  Partial<Pick<InstanceEventsError, 'code' | 'statusCode' | 'params'>> & { instance?: string }

export interface IntakeCountsOptions {
  metrics: Metrics
  /** Notes what the store refuses. */
  refusals: Refusals
}

/** Counts events that are accepted and refused. */
export class IntakeCounts {
  readonly #options: IntakeCountsOptions

  constructor(options: IntakeCountsOptions) {
    this.#options = options
  }

  /** Counts events that were appended, or are in the log already. */
  appended(events: readonly NewEvent[], results: readonly AppendResult[]): void {
    const { metrics, refusals } = this.#options
    if (refusals.any) refusals.accepted(loadOf(events), events)
    for (const [index, { event, flags }] of events.entries()) {
      if (results[index]?.duplicate) metrics.duplicates.inc()
      // The number of such names is unlimited.
      else metrics.accepted.inc({ event: flags & UNLISTED ? 'unknown' : event })
    }
  }

  /** Counts events that the store did not append. @returns the error */
  notAppended(error: IntakeError, events: readonly NewEvent[]): IntakeError {
    const { code = error.name, statusCode = 500, message, params = [], instance } = error
    if (statusCode >= 500)
      this.#options.refusals.refused({ code, message, params, instance }, events.length, loadOf(events))
    return this.refused(error, events.length)
  }

  /** Counts events that were refused. @returns the error */
  refused(error: IntakeError, count: number): IntakeError {
    const { metrics } = this.#options
    metrics.refused.inc({ code: metrics.code(error.code ?? error.name) }, count)
    return error
  }

  /** Runs a check of events, and counts those that it refuses. @throws as the check does */
  check(count: number, check: () => void): void {
    try {
      check()
    } catch (error) {
      throw this.refused(error as IntakeError, count)
    }
  }
}
