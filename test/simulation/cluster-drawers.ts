import type { DeadLetterStore } from '../../lib/store/dead-letter-store.ts'
import type { PostgresPool } from '../../lib/store/postgres/connection.ts'
import { PostgresEpoch } from '../../lib/store/postgres/epoch.ts'
import type { PostgresInstances } from '../../lib/store/postgres/instances.ts'
import type { LogHead } from '../../lib/store/postgres/log-head.ts'
import type { QueueStore } from '../../lib/store/queue-store.ts'
import type { Row } from '../../lib/store/rows.ts'
import type { SimulatedProcess } from './clock.ts'
import type { Cluster } from './cluster.ts'
import type { SimulatedPostgres } from './postgres.ts'

/** How a node reaches the simulated PostgreSQL. */
export interface Access {
  readonly process: SimulatedProcess
  readonly cluster: Cluster
  readonly postgres: SimulatedPostgres
  read<T>(work: () => T): Promise<T>
  write<T>(work: () => T): Promise<T>
}

export function deadLetters({ process, cluster, postgres, read, write }: Access): DeadLetterStore {
  const { tables } = postgres
  return {
    read: (page) => read(() => tables.letters(page)),
    count: () => read(() => tables.countLetters()),
    groups: () => Promise.reject(new Error('Not simulated')),
    outcomes: () => Promise.reject(new Error('Not simulated')),
    redrive: (page) =>
      write(() => {
        const letters = tables.redrive(page)
        cluster.redriven(letters)
        postgres.notify(`redrives ${tables.redrives}`, process)
        return letters
      }),
    discard: (page) => write(() => tables.discard(page))
  }
}

export function knownQueues({ postgres, read, write }: Access): QueueStore {
  const { knownQueues } = postgres.tables
  return {
    find: (name, service) =>
      read(() => {
        const queue = knownQueues.get(name)
        return queue?.service === service ? queue : undefined
      }),
    list: (service, { after, limit }) =>
      read(() =>
        [...knownQueues.values()].filter((queue) => queue.service === service && queue.name > after).slice(0, limit)
      ),
    keep: (queue) => write(() => void knownQueues.set(queue.name, queue)),
    forget: (name) => write(() => void knownQueues.delete(name))
  }
}

/** The product's epoch of a node, whose queries are methods of the simulated tables. */
export function epochOf(
  { postgres: { tables }, read }: Access,
  { head, reload }: { head: LogHead; reload: () => Promise<void> }
): PostgresEpoch {
  const one = (text: string, [id]: string[] = []) =>
    read((): Row => {
      if (text.includes('epoch_here()')) return { epoch: tables.epochHere() }
      const { id: current, upTo, isKnown } = tables.commonWith(id)
      return { id: current, up_to: isKnown ? upTo : null }
    })
  return new PostgresEpoch({
    pool: { schema: 'simulated', one } as unknown as PostgresPool,
    head,
    instances: { reload } as PostgresInstances
  })
}
