import type { Admitted } from './admission.ts'
import type { BufferBudget } from './buffer-budget.ts'
import type { Encoding } from './encoding.ts'
import type { Progress } from './progress.ts'
import type { Writer } from './writer.ts'

export interface ResponseWriterOptions {
  namespace: string
  budget: BufferBudget
  /** Called when bytes start to wait for the client. Call `settle` from then on until none wait. */
  waits: (writer: Writer) => void
  /** Sends it no more events. @returns its progress */
  leave: () => Progress
}

/** Writes to the response of an HTTP request. */
export interface ResponseWriter extends Writer {
  /** Ends the response of a client that is no longer authorized. */
  disconnect(): void
  /** Ends the response when the log cannot be read, so that the client resumes. */
  close(): void
}

/** An admitted HTTP request, and how its response is written. */
export interface HttpClient<W extends ResponseWriter> {
  namespace: string
  admitted: Admitted
  encoding: Encoding
  makeWriter: (options: ResponseWriterOptions) => W
}
