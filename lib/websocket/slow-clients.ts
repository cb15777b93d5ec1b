import type { FastifyBaseLogger } from 'fastify'
import { WS_STALLED, WS_TOO_SLOW } from '../errors.ts'
import { slowClientChannel, type SlowClientNotice } from '../telemetry/channels.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import type { CutOffReason, Writer } from './writer.ts'

/** Cuts off clients that do not keep up; counts and reports them. */
export class SlowClients {
  readonly #metrics: Metrics
  readonly #quietLog: QuietLog

  constructor({ metrics, log }: { metrics: Metrics; log: FastifyBaseLogger }) {
    this.#metrics = metrics
    this.#quietLog = new QuietLog(log)
  }

  cut(writer: Writer, code: CutOffReason): void {
    const { namespace, id: socketId, buffered } = writer
    if (code === WS_STALLED) this.#metrics.stalled.inc()
    else this.#metrics.cutOff.inc()
    this.#quietLog.warn(code, { namespace, buffered, code }, CUT_OFF[code])
    if (slowClientChannel.hasSubscribers) {
      const notice: SlowClientNotice = { code, namespace, socketId, bufferedBytes: buffered }
      slowClientChannel.publish(notice)
    }
    writer.cutOff(code)
  }
}

const CUT_OFF: Readonly<Record<CutOffReason, string>> = {
  [WS_TOO_SLOW]: 'A client reads too slowly: its connection was closed, and it resumes when it reconnects',
  [WS_STALLED]: 'A client reads nothing: its connection was closed, and it resumes when it reconnects'
}
