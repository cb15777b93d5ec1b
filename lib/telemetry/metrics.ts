import type { Metric, Registry } from 'prom-client'
import { Counter, Gauge, Histogram, type Instrument } from './instruments.ts'

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Different codes that are used as labels: codes can come from AWS. The others are counted as `other`. */
const MAX_CODES = 50

/**
 * The metrics of this package. Labels are bounded: events are those of the catalogue, codes are capped, and instance names
 * never appear.
 */
export class Metrics {
  readonly #instruments: Instrument[] = []
  #registry: Promise<Registry> | undefined
  readonly accepted = this.#counter('iev_events_accepted_total', 'Accepted events', ['event'])
  readonly duplicates = this.#counter('iev_events_duplicate_total', 'Events with an id that the instance had already')
  readonly refused = this.#counter('iev_events_refused_total', 'Events that were refused by the log', ['code'])
  readonly rejected = this.#counter('iev_http_rejected_total', 'Requests with events that were rejected', [
    'code',
    'route'
  ])
  readonly commitSeconds = this.#histogram('iev_store_commit_duration_seconds', 'Time of one commit', LATENCY_SECONDS)
  readonly commitOperations = this.#histogram(
    'iev_store_commit_operations',
    'Operations in one commit',
    [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000]
  )
  readonly delivered = this.#counter('iev_sqs_delivered_total', 'Deliveries that SQS accepted')
  readonly retried = this.#counter('iev_sqs_retried_total', 'Deliveries that SQS did not accept and that are retried')
  readonly dead = this.#counter('iev_sqs_dead_total', 'Deliveries that became dead letters', ['reason'])
  readonly failures = this.#counter('iev_sqs_failures_total', 'Failed calls and refused entries', ['kind', 'code'])
  readonly batchEntries = this.#histogram(
    'iev_sqs_batch_entries',
    'Entries of one SendMessageBatch',
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  )
  readonly sendSeconds = this.#histogram(
    'iev_sqs_send_duration_seconds',
    'Time of one SendMessageBatch',
    LATENCY_SECONDS
  )
  readonly admitted = this.#counter('iev_websocket_admitted_total', 'Admitted sockets')
  readonly turnedAway = this.#counter('iev_websocket_refused_total', 'Refused sockets and connections', ['code'])
  readonly emitted = this.#counter(
    'iev_websocket_delivered_total',
    'Events written to sockets, counted once for each socket'
  )
  readonly resumes = this.#counter('iev_websocket_resumes_total', 'Sockets that asked for a replay')
  readonly replayed = this.#counter('iev_websocket_replayed_total', 'Events replayed from the log to sockets')
  readonly cutOff = this.#counter('iev_websocket_slow_total', 'Connections closed because the client read too slowly')
  readonly stalled = this.#counter('iev_websocket_stalled_total', 'Connections closed because the client read nothing')
  readonly unlogged = this.#counter(
    'iev_log_lines_dropped_total',
    'Log lines of the standalone server that could not be written'
  )
  readonly #codes = new Set<string>()

  /** Returns a registry of prom-client with all current metrics, to be printed or merged into the host's own. */
  async registry(): Promise<Registry> {
    this.#registry ??= import('prom-client').then(({ default: client }) => new client.Registry())
    const registry = await this.#registry
    // A metric that is registered already is not replaced.
    for (const instrument of this.#instruments) registry.registerMetric(asMetric(instrument))
    return registry
  }

  /** Adds a gauge that is computed when it is read. It alone is left out if `read` fails, such as while the database is away. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    this.#add(new Gauge({ name, help, read }))
  }

  /** Returns a code as a label; `other` once there are too many different ones. */
  code(code: string): string {
    if (this.#codes.size < MAX_CODES) this.#codes.add(code)
    return this.#codes.has(code) ? code : 'other'
  }

  #counter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return this.#add(new Counter({ name, help, labelNames }))
  }

  #histogram(name: string, help: string, upTo: readonly number[]): Histogram {
    return this.#add(new Histogram({ name, help, upTo }))
  }

  #add<T extends Instrument>(instrument: T): T {
    this.#instruments.push(instrument)
    return instrument
  }
}

/** The registry reads only `name` and `get()` of a metric, but its types want a class of prom-client. */
function asMetric(instrument: Instrument): Metric {
  return instrument as unknown as Metric
}
