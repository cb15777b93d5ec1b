import type { DeadLetterPage, DiscardReply, RedriveBody, RedriveReply } from '../schemas/dead-letters.ts'
import { MAX_LIMIT } from '../schemas/page-limits.ts'
import type { CliContext } from './context.ts'
import { counted } from './output.ts'
import { type ServerClient, ServerRefused } from './server-client.ts'

export type DeadLetterFilter = Pick<RedriveBody, 'instance' | 'queue' | 'reason'>

/** Ids of dead letters. `given` by the user: a missing one is then an error. */
export interface FoundDeadLetters {
  ids: readonly number[]
  given: boolean
}

/** Ids of one request, which must fit into a URL. */
const MAX_IDS_IN_URL = 500

/** Redrives and discards dead letters page by page, so that there is progress to show and the user can interrupt it. */
export class DeadLetterPages {
  readonly #client: ServerClient
  readonly #context: Pick<CliContext, 'status'>

  constructor(client: ServerClient, context: Pick<CliContext, 'status'>) {
    this.#client = client
    this.#context = context
  }

  /** Reads the ids of all matching dead letters at this time. Later ones are not included. */
  async find(which: { ids: number[] } | DeadLetterFilter): Promise<FoundDeadLetters> {
    if ('ids' in which) return { ids: which.ids, given: true }
    const ids: number[] = []
    for (let after: number | undefined = 0; after !== undefined;) {
      const query: Record<string, string | number> = { ...which, after, limit: MAX_LIMIT }
      const page: DeadLetterPage = await this.#client.request({ path: ['sqs', 'deadletters'], query })
      for (const { id } of page.deadLetters) ids.push(id)
      this.#context.status(`Found ${counted(ids.length, 'dead letter')}`)
      after = page.more ? page.after : undefined
    }
    return { ids, given: false }
  }

  /** @returns the number of redriven dead letters */
  redrive(found: FoundDeadLetters): Promise<number> {
    return this.#each(found, 'Redriven', async (ids) => {
      const path = ['sqs', 'deadletters', 'redrive']
      const { redriven } = await this.#client.request<RedriveReply>({ method: 'POST', path, body: { ids } })
      return redriven
    })
  }

  /** @returns the number of discarded dead letters */
  discard(found: FoundDeadLetters): Promise<number> {
    return this.#each(found, 'Discarded', async (ids) => {
      const query = { ids: ids.join() }
      const request = { method: 'DELETE', path: ['sqs', 'deadletters'], query } as const
      const { discarded } = await this.#client.request<DiscardReply>(request)
      return discarded
    })
  }

  async #each(
    { ids, given }: FoundDeadLetters,
    done: string,
    take: (ids: readonly number[]) => Promise<number>
  ): Promise<number> {
    let total = 0
    for (let from = 0; from < ids.length; from += MAX_IDS_IN_URL) {
      const page = ids.slice(from, from + MAX_IDS_IN_URL)
      total += given ? await take(page) : await withoutGone(page, take)
      this.#context.status(`${done} ${total.toLocaleString('en')} of ${counted(ids.length, 'dead letter')}`)
    }
    return total
  }
}

/** Without the dead letters that are gone since they were found, which the server's error names. */
async function withoutGone(ids: readonly number[], take: (ids: readonly number[]) => Promise<number>): Promise<number> {
  try {
    return await take(ids)
  } catch (error) {
    if (!(error instanceof ServerRefused) || error.status !== 404) throw error
    const gone = new Set(error.messages.map((message) => Number(/no dead letter (\d+)/.exec(message)?.[1])))
    const left = ids.filter((id) => !gone.has(id))
    if (left.length === ids.length) throw error
    return left.length === 0 ? 0 : withoutGone(left, take)
  }
}
