import { DatabaseError } from 'pg'
import { TokenTakenError } from '../../errors.ts'
import { MemoryDirectory, type InstanceRecord, type InstanceTable } from '../../instances/memory-directory.ts'
import type { PostgresPool } from './connection.ts'
import type { Row } from '../rows.ts'
import type { CommitQueue } from '../commit-queue.ts'
import { SharedRun } from './shared-run.ts'
import type { Instance, Selection, TransportName } from '../../instances/instance.ts'

export interface PostgresInstancesOptions {
  pool: PostgresPool
  /** Appends and changes of instances, in the order of calls. */
  writes: CommitQueue
}

/** The current version of an instance, by its key. */
interface Known {
  readonly name: string
  readonly version: number
}

/**
 * Instances and selections in PostgreSQL. Each change gives the directory a new version. Memory is brought up to date only by
 * reading all changes after its version, this node's own included: so none is missed, and a notification need not say what
 * has changed.
 */
export class PostgresInstances implements InstanceTable {
  readonly directory = new MemoryDirectory(this)
  readonly #options: PostgresInstancesOptions
  readonly #known = new Map<number, Known>()
  readonly #reading = new SharedRun(() => this.#read())
  #version = -1
  #isReloading = false

  constructor(options: PostgresInstancesOptions) {
    this.#options = options
  }

  /** The version of the directory in memory; -1 before the first read. */
  get version(): number {
    return this.#version
  }

  /** Brings the directory in memory to this version at least. */
  async sync(version: number): Promise<void> {
    if (version > this.#version) await this.#reading.run()
  }

  /** Reads all instances anew: the database may have lost changes. */
  reload(): Promise<void> {
    this.#isReloading = true
    return this.#reading.run()
  }

  write(name: string, change: (before: Instance | undefined) => InstanceRecord): Promise<Instance> {
    return this.#options.writes.addSingle(async () => {
      for (;;) {
        await this.#reading.run()
        const before = this.directory.get(name)
        const record = change(before)
        const key = await this.#write(before, record)
        // Null: another node has changed the instance meanwhile.
        if (key === null) continue
        await this.#reading.run()
        const after = this.directory.get(name)
        return after?.key === key ? after : { ...record, key }
      }
    })
  }

  remove(name: string): Promise<Instance | undefined> {
    return this.#options.writes.addSingle(async () => {
      await this.#reading.run()
      const before = this.directory.get(name)
      if (!before) return undefined
      const { pool } = this.#options
      const { removed } = await pool.one(`SELECT ${pool.schema}.remove_instance($1) AS removed`, [before.key])
      await this.#reading.run()
      return removed ? before : undefined
    })
  }

  /** Inserts or updates a record. @returns its key; `null` if the record has changed since `before` */
  async #write(before: Instance | undefined, record: InstanceRecord): Promise<number | null> {
    const { pool } = this.#options
    const key = before?.key ?? null
    try {
      const row = await pool.one(`SELECT ${pool.schema}.write_instance($1, $2, $3, $4, $5, $6, $7, $8, $9) AS key`, [
        key,
        key === null ? null : this.#known.get(key)?.version,
        ...instanceValues(record)
      ])
      return row.key as number | null
    } catch (error) {
      if (error instanceof DatabaseError && error.constraint === 'instances_token') throw new TokenTakenError()
      throw error
    }
  }

  async #read(): Promise<void> {
    const { pool } = this.#options
    const after = this.#isReloading ? -1 : this.#version
    // One statement, so that changes and version are of the same moment. A read of all needs no removals.
    const rows = await pool.query(
      `SELECT c.value AS head, d.* FROM ${pool.schema}.counters c LEFT JOIN (
        SELECT version, key, false AS removed, id, name, token_hash, integration, created_at, updated_at, selections
        FROM ${pool.schema}.instances WHERE version > $1
        UNION ALL
        SELECT version, key, true, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM ${pool.schema}.removed_instances WHERE version > $1 AND $1 >= 0
      ) d ON true WHERE c.name = 'directory' ORDER BY d.version`,
      [after]
    )
    if (after < 0) this.#dropAllBut(new Set(rows.map(({ key, name }) => `${String(key)} ${String(name)}`)))
    for (const row of rows) {
      if (row.removed === false) this.#put(row)
      else if (row.removed) this.#drop(row.key as number)
    }
    this.#version = rows[0]?.head as number
    if (after < 0) this.#isReloading = false
  }

  #dropAllBut(present: ReadonlySet<string>): void {
    for (const [key, { name }] of this.#known) if (!present.has(`${key} ${name}`)) this.#drop(key)
  }

  #put(row: Row): void {
    const instance = toInstance(row)
    this.#known.set(instance.key, { name: instance.name, version: row.version as number })
    this.directory.put(instance)
  }

  #drop(key: number): void {
    const name = this.#known.get(key)?.name
    this.#known.delete(key)
    const instance = name === undefined ? undefined : this.directory.get(name)
    if (instance) this.directory.drop(instance)
  }
}

/** Values of the columns from `id` to `selections`, in the order of the schema. */
export function instanceValues(record: InstanceRecord): unknown[] {
  const { id, name, tokenHash, integration, createdAt, updatedAt, selections } = record
  return [id, name, tokenHash, integration, createdAt.getTime(), updatedAt.getTime(), JSON.stringify(selections)]
}

type StoredSelection = Omit<Selection, 'createdAt' | 'updatedAt'> & { createdAt: string; updatedAt: string }

function toInstance(row: Row): Instance {
  const chosen: { [T in TransportName]?: Selection } = {}
  const selections = row.selections as { [T in TransportName]?: StoredSelection }
  for (const [transport, { id, enabled, events, createdAt, updatedAt }] of Object.entries(selections)) {
    chosen[transport as TransportName] = {
      id,
      enabled,
      events,
      createdAt: new Date(createdAt),
      updatedAt: new Date(updatedAt)
    }
  }
  return {
    key: row.key as number,
    id: row.id as string,
    name: row.name as string,
    tokenHash: row.token_hash as Buffer | null,
    integration: row.integration as string | null,
    createdAt: new Date(row.created_at as number),
    updatedAt: new Date(row.updated_at as number),
    selections: chosen
  }
}
