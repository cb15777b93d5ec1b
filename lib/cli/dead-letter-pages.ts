import { setTimeout } from 'node:timers/promises'
import type { DeadLetterPage, DiscardReply, OutcomesReply, RedriveBody, RedriveReply } from '../schemas/dead-letters.ts'
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

/** Numbers of redriven dead letters by what became of them, and of those given up again by reason. */
export interface RedriveOutcomes {
  sent: number
  dead: number
  /** Discarded by somebody else. */
  unknown: number
  pending: number
  reasons: { [reason: string]: number }
}

/** Looks at what became of redriven dead letters, and milliseconds between them. */
const MAX_LOOKS = 50
const LOOK_MS = 100

/** Ids of one request, which must fit into a URL. */
const MAX_IDS_IN_URL = 500

/** Redrives and discards dead letters page by page, so that there is progress to show and the user can interrupt it. */
export class DeadLetterPages {
  readonly #client: ServerClient
  readonly #context: Pick<CliContext, 'status' | 'signal'>

  constructor(client: ServerClient, context: Pick<CliContext, 'status' | 'signal'>) {
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

  /** Waits until no redriven dead letter is pending, for five seconds at most. @returns what became of them */
  async outcomes({ ids }: FoundDeadLetters): Promise<RedriveOutcomes> {
    const found: RedriveOutcomes = { sent: 0, dead: 0, unknown: 0, pending: 0, reasons: {} }
    let open = ids
    for (let look = 0; open.length > 0 && look < MAX_LOOKS; look++) {
      if (look > 0) await setTimeout(LOOK_MS, undefined, { signal: this.#context.signal })
      open = await this.#look(open, found)
      this.#context.status(`Pending: ${counted(open.length, 'dead letter')}`)
    }
    return { ...found, pending: open.length }
  }

  /** Adds the outcomes of redriven dead letters. @returns those that are pending */
  async #look(ids: readonly number[], found: RedriveOutcomes): Promise<number[]> {
    const pending: number[] = []
    for (let from = 0; from < ids.length; from += MAX_IDS_IN_URL) {
      const query = { ids: ids.slice(from, from + MAX_IDS_IN_URL).join() }
      const path = ['sqs', 'deadletters', 'outcomes']
      const { outcomes } = await this.#client.request<OutcomesReply>({ path, query })
      for (const { id, outcome, reason = '' } of outcomes) {
        if (outcome === 'pending') pending.push(id)
        else found[outcome]++
        if (outcome === 'dead') found.reasons[reason] = (found.reasons[reason] ?? 0) + 1
      }
    }
    return pending
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
