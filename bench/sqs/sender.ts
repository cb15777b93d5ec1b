/** How a sender is to send. */
export interface SenderOptions {
  endpoint: string
  /** For what is kept on disk. */
  folder: string
  /** Each publishes as often as the others. */
  instances: readonly string[]
  /** A queue of each instance's own, instead of one for all. */
  ownQueues: boolean
}

/** Methods that each of the compared senders has. */
export interface Sender {
  start(options: SenderOptions): Promise<void>
  /**
   * Publishes as fast as it can be sent, for so long. @returns how many, once the last is published
   * @param concurrency calls at once, for senders that do not choose it themselves
   */
  run(ms: number, concurrency: number): Promise<number>
  /** Publishes so many events a second, for so long; `at` of each is when it was due. @returns how many */
  pace(perSecond: number, ms: number): Promise<number>
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
}

export const REGION = 'us-east-1'
export const CREDENTIALS = { accessKeyId: 'benchmark', secretAccessKey: 'benchmark' }

/** The queue that all share, as the plugin names it. */
export const SHARED_QUEUE = 'global_messages_upsert.fifo'

/** So many names. */
export function instanceNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `bench-${String(index).padStart(5, '0')}`)
}
