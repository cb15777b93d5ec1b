import type { Batcher } from '../commit-queue.ts'
import type { AppendResult } from '../log-store.ts'
import { weightOfPart } from '../parts.ts'
import type { AppendCall, PostgresAppender } from './append.ts'
import { isTransient } from './connection.ts'
import type { Part, PostgresUploads } from './uploads.ts'

/** Writes appends, and before them the parts of their large data. Parts are written outside the lock of appends. */
export class PostgresIntake implements Batcher<AppendCall | Part, AppendResult[]> {
  readonly #appender: PostgresAppender
  readonly #uploads: PostgresUploads

  constructor({ appender, uploads }: { appender: PostgresAppender; uploads: PostgresUploads }) {
    this.#appender = appender
    this.#uploads = uploads
  }

  weigh(item: AppendCall | Part): number {
    return isPart(item) ? weightOfPart((item.upload.texts[item.nth] as string).length) : this.#appender.weigh(item)
  }

  line(item: AppendCall | Part): string | undefined {
    return isPart(item) ? item.upload.event.instance : this.#appender.line(item)
  }

  isolates(error: unknown): boolean {
    return this.#appender.isolates(error)
  }

  async run(items: readonly (AppendCall | Part)[]): Promise<AppendResult[][]> {
    const calls = items.filter((item): item is AppendCall => !isPart(item))
    const written = Promise.all(items.filter(isPart).map((part) => this.#uploads.write(part)))
    // Events come after their parts.
    if (calls.some(({ uploads }) => uploads.some(Boolean))) await written
    const results = calls.length > 0 ? await this.#append(calls) : []
    await written
    return items.map((item) => (isPart(item) ? [] : (results.shift() as AppendResult[])))
  }

  async #append(calls: readonly AppendCall[]): Promise<AppendResult[][]> {
    try {
      return await this.#appender.run(calls)
    } catch (error) {
      const uploads = calls.flatMap((call) => call.uploads.filter((upload) => upload?.ended === false))
      if (uploads.length === 0 || isTransient((error as Error).cause)) throw error
      // Their parts may be missing on another server that has become the primary.
      for (const upload of uploads) if (upload) upload.ended = true
      return this.#appender.run(calls)
    }
  }
}

function isPart(item: AppendCall | Part): item is Part {
  return 'nth' in item
}
