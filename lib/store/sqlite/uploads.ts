import type { NewEvent } from '../../events/event.ts'
import { beginUploads, weightOfPart } from '../parts.ts'
import type { SqliteCommits } from './commits.ts'
import { LINE_OF_COMMITTED } from '../fair-lines.ts'
import type { SqliteParts, Upload } from './parts.ts'

export interface SqliteUploadsOptions {
  parts: SqliteParts
  commits: SqliteCommits
}

/** True if the log has an event, inside a transaction: its data need not be written. */
type Has = (event: NewEvent) => boolean

/** Large data on its way into the file, part by part, and out of it. */
export class SqliteUploads {
  readonly #options: SqliteUploadsOptions

  constructor(options: SqliteUploadsOptions) {
    this.#options = options
    if (options.parts.hasLoose()) this.#remove({ erased: false }).catch(() => {})
  }

  /**
   * Writes the data of events that is large, in the lines of their instances, so that it is written before what is added for these
   * later. Call `end` when the events are written. @returns one element for each event; none if no data is large
   */
  begin(events: readonly NewEvent[], has: Has): readonly (Upload | undefined)[] {
    return beginUploads(events, (event) => this.#begin(event, has))
  }

  end(uploads: readonly (Upload | undefined)[]): void {
    for (const upload of uploads) if (upload) this.#options.parts.end(upload)
  }

  /** Resolves when no parts of erased events are left. @throws as `SqliteCommits.add` */
  async overwriteErased(): Promise<void> {
    if (this.#options.parts.hasLoose({ erased: true })) await this.#remove({ erased: true })
  }

  #begin(event: NewEvent, has: Has): Upload | undefined {
    const { parts, commits } = this.#options
    const upload = parts.begin(event)
    for (const [nth, { length: characters }] of upload?.texts.entries() ?? []) {
      const run = () => {
        if (!has(event)) parts.write(upload as Upload, nth)
      }
      // Where a part is missing, the row of the event has all of its data, or fails for the same reason.
      commits.add({ line: event.instance, characters, weight: weightOfPart(characters), run }).catch(() => {})
    }
    return upload
  }

  async #remove(which: { erased: boolean }): Promise<void> {
    const { commits, parts } = this.#options
    while (await commits.add({ line: LINE_OF_COMMITTED, run: () => parts.removeLoose(which) }));
  }
}
