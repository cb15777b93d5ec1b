import { DatabaseError } from 'pg'
import { TokenTakenError } from '../../errors.ts'
import { sharedFilter } from '../../filters/event-filter.ts'
import { sharedOmission } from '../../filters/omission.ts'
import { type InstanceRecord, keptInstance, KeptInstance, KeptSelection } from '../../instances/kept-instance.ts'
import { readLimits, storedLimits } from '../../instances/limits.ts'
import { MemoryDirectory, type InstanceTable } from '../../instances/memory-directory.ts'
import { digestOf } from '../../instances/token-digest.ts'
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

/** Instances that are read at once. */
const PAGE = 2_000

const COLUMNS = `id, name, token_hash, former_token_hash, former_token_until, integration, silence_after_minutes,
  limits, created_at, updated_at, selections`

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
        // `undefined`: another instance has its key, because the database has lost changes. `null`: another node has changed it.
        if (key === undefined) this.#isReloading = true
        if (key === undefined || key === null) continue
        await this.#reading.run()
        const after = this.directory.get(name)
        return after?.key === key ? after : keptInstance({ ...record, key })
      }
    })
  }

  remove(name: string): Promise<Instance | undefined> {
    return this.#options.writes.addSingle(async () => {
      for (;;) {
        await this.#reading.run()
        const before = this.directory.get(name)
        if (!before) return undefined
        const { pool } = this.#options
        const [row] = await pool.query(
          `SELECT ${pool.schema}.remove_instance(i.key) AS removed FROM ${pool.schema}.instances i
          WHERE i.key = $1 AND i.id = $2`,
          [before.key, before.id]
        )
        // The key is another instance's or nobody's: another node has removed the instance, or the database has lost changes.
        if (!row) this.#isReloading = true
        await this.#reading.run()
        if (row) return row.removed ? before : undefined
      }
    })
  }

  /**
   * Inserts or updates a record. @returns its key; `null` if the record has changed since `before`; `undefined` if the key
   * belongs to another instance or to none
   */
  async #write(before: Instance | undefined, record: InstanceRecord): Promise<number | null | undefined> {
    const { pool } = this.#options
    const key = before?.key ?? null
    try {
      const [row] = await pool.query(
        `SELECT ${pool.schema}.write_instance($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS key
        WHERE $1::bigint IS NULL OR EXISTS (SELECT FROM ${pool.schema}.instances i WHERE i.key = $1 AND i.id = $3)`,
        [key, key === null ? null : this.#known.get(key)?.version, ...instanceValues(record)]
      )
      return row?.key as number | null | undefined
    } catch (error) {
      if (error instanceof DatabaseError && error.constraint === 'instances_token') throw new TokenTakenError()
      throw error
    }
  }

  async #read(): Promise<void> {
    if (this.#version < 0 || this.#isReloading) await this.#readAll()
    const { pool } = this.#options
    // One statement, so that changes and version are of the same moment.
    const rows = await pool.query(
      `SELECT c.value AS head, d.* FROM ${pool.schema}.counters c LEFT JOIN (
        SELECT version, key, false AS removed, ${COLUMNS}
        FROM ${pool.schema}.instances WHERE version > $1
        UNION ALL
        SELECT version, key, true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM ${pool.schema}.removed_instances WHERE version > $1
      ) d ON true WHERE c.name = 'directory' ORDER BY d.version`,
      [this.#version]
    )
    for (const row of rows) {
      if (row.removed === false) this.#put(row)
      else if (row.removed) this.#drop(row.key as number)
    }
    this.#version = rows[0]?.head as number
  }

  /** Reads all instances, page by page. What changes meanwhile has a higher version than was read first. */
  async #readAll(): Promise<void> {
    const { pool } = this.#options
    const { value } = await pool.one(`SELECT value FROM ${pool.schema}.counters WHERE name = 'directory'`, [])
    const present = new Set<number>()
    let rows: Row[] = []
    do {
      rows = await pool.query(
        `SELECT version, key, ${COLUMNS}
        FROM ${pool.schema}.instances WHERE key > $1 ORDER BY key LIMIT ${PAGE}`,
        [rows.at(-1)?.key ?? 0]
      )
      for (const row of rows) {
        this.#put(row)
        present.add(row.key as number)
      }
    } while (rows.length === PAGE)
    for (const key of this.#known.keys()) if (!present.has(key)) this.#drop(key)
    this.#version = value as number
    this.#isReloading = false
  }

  #put(row: Row): void {
    const instance = toInstance(row)
    const { key, name } = instance
    // Instances that had this key or this name are gone: the database may have lost changes, and given the key again.
    const former = this.#known.get(key)
    if (former && former.name !== name) this.#drop(key)
    const namesake = this.directory.get(name)
    if (namesake && namesake.key !== key) this.#drop(namesake.key)
    this.#known.set(key, { name, version: row.version as number })
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
  const { id, name, tokenHash, formerToken, integration, silenceAfterMinutes, createdAt, updatedAt, selections } =
    record
  const tokens = [tokenHash, formerToken?.hash, formerToken?.until.getTime()]
  const times = [createdAt.getTime(), updatedAt.getTime()]
  const limits = storedLimits(record.limits)
  return [id, name, ...tokens, integration, silenceAfterMinutes, limits, ...times, JSON.stringify(selections)]
}

type StoredSelection = Omit<Selection, 'createdAt' | 'updatedAt'> & { createdAt: string; updatedAt: string }

function toInstance(row: Row): Instance {
  const chosen: { [T in TransportName]?: KeptSelection } = {}
  const selections = row.selections as { [T in TransportName]?: StoredSelection }
  for (const [transport, selection] of Object.entries(selections)) {
    chosen[transport as TransportName] = new KeptSelection({
      ...selection,
      filter: selection.filter && sharedFilter(selection.filter),
      omit: selection.omit && sharedOmission(selection.omit),
      createdAt: Date.parse(selection.createdAt),
      updatedAt: Date.parse(selection.updatedAt)
    })
  }
  return new KeptInstance({
    key: row.key as number,
    id: row.id as string,
    name: row.name as string,
    digest: digestOf(row.token_hash as Buffer | null),
    formerToken: row.former_token_hash
      ? { hash: row.former_token_hash as Buffer, until: new Date(row.former_token_until as number) }
      : null,
    integration: row.integration as string | null,
    silenceAfterMinutes: row.silence_after_minutes as number | null,
    limits: readLimits(row.limits as string | null),
    createdAt: row.created_at as number,
    updatedAt: row.updated_at as number,
    selections: chosen
  })
}
