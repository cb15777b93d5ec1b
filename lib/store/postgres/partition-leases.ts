import { PARTITIONS, partitionOf } from '../partitions.ts'
import type { Appended } from './append.ts'
import { countHolders, LOCKS, lockSpace } from './locks.ts'
import type { PostgresLaneReads } from './lane-reads.ts'
import type { Commit, LogFollower } from './log-head.ts'
import { PostgresSession, type Notification, type SessionTiming } from './session.ts'
import type { Row } from '../rows.ts'
import { SharedRun } from './shared-run.ts'
import type { LaneKey, LaneWatcher } from '../delivery-store.ts'
import type { CommonHistory } from '../log-store.ts'

export interface PartitionLeasesOptions {
  url: string
  schema: string
  timing: SessionTiming | undefined
  reads: PostgresLaneReads
  watcher: LaneWatcher
  /** The epoch of the log that this node knows. */
  epoch: string
  /** As `PostgresEpoch.tell`. */
  tell: (epoch: string, news: () => void) => void
}

/** Events that one read of new deliveries returns at most, and their characters. */
const PAGE = { limit: 500, maxBytes: 4 * 1_048_576 }

/** Partitions that are held until the session ends. */
class Term {
  readonly held = new Set<number>()
  /** Held partitions that are no longer sent for, and not handed over yet. */
  readonly releasing = new Set<number>()
  /** Held partitions whose pending lanes have not been read yet. */
  readonly unread = new Set<number>()
}

/**
 * The partitions that this node sends. Each is an advisory lock of a session, and lost when the session ends. Every node that
 * sends also holds a shared lock, by which nodes are counted. A node takes free partitions up to its even share, and hands
 * over those above it once nothing of them is in flight.
 */
export class PartitionLeases implements LogFollower {
  readonly #options: PartitionLeasesOptions
  readonly #space: number
  readonly #session: PostgresSession
  #term = new Term()
  readonly #sharing = new SharedRun(() => this.#share())
  readonly #reading = new SharedRun(() => this.#read())
  #nodes = 1
  #epoch: CommonHistory
  #position = 0
  #head = 0
  #redrivesRead = 0
  #redrives = 0
  #stopped = false

  constructor(options: PartitionLeasesOptions) {
    const { schema, url, timing, epoch, tell } = options
    this.#options = options
    this.#epoch = { id: epoch, upTo: 0 }
    this.#space = lockSpace(schema)
    this.#session = new PostgresSession({
      ...timing,
      url,
      begin: {
        text: 'SELECT pg_advisory_lock_shared($1, $2), pg_notify($3, $4)',
        values: [this.#space, LOCKS.senders, schema, 'partitions']
      },
      beat: {
        text: `SELECT l.id, l.last_offset, c.value AS redrives, (${countHolders('$2')}) AS nodes
          FROM ${schema}.log l, ${schema}.counters c WHERE c.name = 'redrives'`,
        values: [this.#space, LOCKS.senders]
      },
      // A server that was the primary may have answered: nothing counts before this node knows the epoch of the answer.
      beaten: (row) => tell(row.id as string, () => this.#beaten(row)),
      lost: () => this.#lost()
    })
  }

  /** Number of partitions that this node sends. */
  get count(): number {
    return this.#term.held.size - this.#term.releasing.size
  }

  /** Takes this node's share of the partitions, as far as it is free, and reads it. @throws as the driver does */
  async start(): Promise<void> {
    await this.#session.start()
    await this.#sharing.settled()
    await this.#reading.settled()
  }

  maySend(instanceKey: number): boolean {
    return this.#has(instanceKey) && this.#session.alive
  }

  /**
   * The offset up to which pending events of an instance were passed on, or their lanes; `undefined` if another node sends
   * for it.
   */
  reportedTo(instanceKey: number): number | undefined {
    return this.#has(instanceKey) ? this.#position : undefined
  }

  notified({ kind }: Notification): void {
    // A beat has the number of redrives with its epoch.
    if (kind === 'partitions' || kind === 'redrives') void this.#session.beat()
  }

  committed({ before, head, partitions }: Commit): void {
    const { held, unread } = this.#term
    // What follows the position and has nothing for this node need not be read.
    if (this.#position === before && unread.size === 0 && !this.#reading.running && held.isDisjointFrom(partitions))
      this.#position = head
  }

  async erased(): Promise<void> {
    // What is being read may have their data.
    await this.#reading.settled()
    await this.#passRedriven()
  }

  advance(head: number): void {
    this.#head = Math.max(this.#head, head)
    this.#wake()
  }

  appended({ before, head, stored }: Appended): void {
    const whole = this.#position === before && stored.length === head - before
    if (whole && this.#term.unread.size === 0 && !this.#reading.running) {
      this.#position = head
      const ours = stored.filter(({ queues, instanceKey }) => queues.length > 0 && this.#has(instanceKey))
      if (ours.length > 0) this.#options.watcher.appended(ours)
    }
    this.advance(head)
  }

  entered(epoch: CommonHistory): void {
    this.#epoch = epoch
    this.#head = Math.min(this.#head, epoch.upTo)
    this.#position = Math.min(this.#position, epoch.upTo)
    this.#redrivesRead = 0
    this.#redrives = 0
    const { held, releasing, unread } = this.#term
    const sent = held.difference(releasing)
    // Events that were passed on may be lost, and what was acknowledged may be pending again.
    for (const partition of sent) unread.add(partition)
    this.#options.watcher.revoked(sent)
    this.#wake()
  }

  /** Hands all partitions over. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#sharing.settled()
    // Without this lock the node is no longer counted, so that others take its partitions as soon as they are free.
    const leave = { text: 'SELECT pg_advisory_unlock_shared($1, $2)', values: [this.#space, LOCKS.senders] }
    await this.#session.query(leave).catch(() => {})
    await this.#release([...this.#term.held])
    this.#term = new Term()
    await this.#session.close()
    await this.#reading.settled()
  }

  #has(instanceKey: number): boolean {
    const partition = partitionOf(instanceKey)
    return this.#term.held.has(partition) && !this.#term.releasing.has(partition)
  }

  #beaten({ last_offset: head, redrives, nodes }: Row): void {
    this.#nodes = nodes as number
    this.#head = Math.max(this.#head, head as number)
    this.#redrives = redrives as number
    if (this.#term.held.size === 0 && !this.#reading.running) {
      // Partitions are read as a whole when they are taken: earlier events and redrives are no news.
      this.#position = this.#head
      this.#redrivesRead = this.#redrives
    }
    if (!this.#stopped) this.#sharing.run().catch(() => {})
    this.#wake()
  }

  #lost(): void {
    const { held } = this.#term
    this.#term = new Term()
    // The next session may find less: a standby that lagged.
    this.#head = 0
    if (held.size > 0) this.#options.watcher.revoked(held)
  }

  async #share(): Promise<void> {
    const target = Math.ceil(PARTITIONS / this.#nodes)
    const missing = target - this.count
    if (missing > 0) await this.#take(missing)
    else if (missing < 0) void this.#release([...this.#term.held.difference(this.#term.releasing)].slice(missing))
  }

  async #take(count: number): Promise<void> {
    const others = Array.from({ length: PARTITIONS }, (_, partition) => partition).filter(
      (p) => !this.#term.held.has(p)
    )
    // Nodes that take partitions at the same time begin at different ones.
    const from = Math.floor(Math.random() * others.length)
    const candidates = [...others.slice(from), ...others.slice(0, from)]
    const rows = await this.#session.query({
      text: 'SELECT p FROM unnest($1::int[]) p WHERE pg_try_advisory_lock($2, p) LIMIT $3',
      values: [candidates, this.#space, count]
    })
    for (const { p } of rows) {
      this.#term.held.add(p as number)
      this.#term.unread.add(p as number)
    }
    this.#wake()
  }

  async #release(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return
    const term = this.#term
    for (const partition of partitions) {
      term.releasing.add(partition)
      term.unread.delete(partition)
    }
    const { watcher, schema } = this.#options
    for await (const done of watcher.release(new Set(partitions))) {
      // The session has ended, and the locks with it: there is nothing to hand over.
      if (term !== this.#term) return
      // If two calls release the same partition, the first one hands it over.
      const ours = [...done].filter((partition) => term.releasing.delete(partition) && term.held.delete(partition))
      await this.#session
        .query({
          text: 'SELECT count(pg_advisory_unlock($1, p)), pg_notify($2, $3) FROM unnest($4::int[]) p',
          values: [this.#space, schema, 'partitions', ours]
        })
        .catch(() => {})
    }
  }

  #wake(): void {
    const behind = this.#position < this.#head || this.#redrivesRead < this.#redrives
    // If reading fails, it is tried again with the next wake-up.
    if (this.#term.unread.size > 0 || (this.#term.held.size > 0 && behind)) this.#reading.run().catch(() => {})
  }

  async #read(): Promise<void> {
    await this.#readTaken()
    await this.#readRedriven()
    await this.#readNew()
  }

  async #readTaken(): Promise<void> {
    const unread = [...this.#term.unread]
    if (unread.length === 0) return
    const known = this.#epoch
    const lanes = await this.#options.reads.pending(unread)
    if (known !== this.#epoch) return
    for (const partition of unread) this.#term.unread.delete(partition)
    this.#pass(lanes, (ours) => this.#options.watcher.pending(ours))
  }

  async #readRedriven(): Promise<void> {
    const redrives = this.#redrives
    if (this.#redrivesRead >= redrives) return
    const known = this.#epoch
    await this.#passRedriven()
    if (known === this.#epoch) this.#redrivesRead = redrives
  }

  async #passRedriven(): Promise<void> {
    const lanes = await this.#options.reads.redrivenAfter(this.#redrivesRead, [...this.#term.held])
    this.#pass(lanes, (ours) => this.#options.watcher.redriven(ours))
  }

  /** Reads new events, whichever node has appended them. */
  async #readNew(): Promise<void> {
    const { reads, watcher } = this.#options
    const upTo = this.#head
    while (this.#position < upTo) {
      const partitions = [...this.#term.held].filter((partition) => this.#isRead(partition))
      const known = this.#epoch
      const { events, reached, epoch } = await reads.appended({ after: this.#position, upTo }, partitions, PAGE)
      // In an epoch that this node does not know yet, or did not know before, they are read again: `upTo` may be too high.
      if (known !== this.#epoch || (epoch ?? known.id) !== known.id) return
      this.#position = reached
      const ours = events.filter(({ instanceKey }) => this.#isRead(partitionOf(instanceKey)))
      if (ours.length > 0) watcher.appended(ours)
    }
  }

  /** True for a partition of which everything up to the position was passed on. */
  #isRead(partition: number): boolean {
    const { held, releasing, unread } = this.#term
    return held.has(partition) && !releasing.has(partition) && !unread.has(partition)
  }

  /** Passes on those lanes that are still to be sent here. */
  #pass(lanes: readonly LaneKey[], pass: (ours: readonly LaneKey[]) => void): void {
    const ours = lanes.filter(({ instanceKey }) => this.#has(instanceKey))
    if (ours.length > 0) pass(ours)
  }
}
