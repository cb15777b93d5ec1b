import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { InstanceNotFoundError } from '../../errors.ts'
import type { NewEvent } from '../../events/event.ts'
import type { SqliteCommits } from './commits.ts'
import { blankInstance, MemoryDirectory, type InstanceTable } from '../../instances/memory-directory.ts'
import { type InstanceRecord, keptInstance } from '../../instances/kept-instance.ts'
import { storedLimits } from '../../instances/limits.ts'
import { readInstances } from './rows.ts'
import type { Instance, TransportName } from '../../instances/instance.ts'

/**
 * Instances and selections in SQLite. Within a transaction its own changes are seen through `#changed`; the directory in
 * memory changes after the commit.
 */
export class SqliteInstances implements InstanceTable {
  readonly directory: MemoryDirectory
  readonly #commits: SqliteCommits
  readonly #insert: StatementSync
  readonly #update: StatementSync
  readonly #delete: StatementSync
  readonly #upsertSelection: StatementSync
  /** Records that the current transaction has written, by name; `undefined` for a removed one. */
  readonly #changed = new Map<string, Instance | undefined>()

  constructor(db: DatabaseSync, commits: SqliteCommits) {
    this.#commits = commits
    this.#insert = db.prepare(`
      INSERT INTO instances (id, name, token_hash, former_token_hash, former_token_until, integration,
        silence_after_minutes, limits, updated_at, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    this.#update = db.prepare(`
      UPDATE instances SET token_hash = ?, former_token_hash = ?, former_token_until = ?, integration = ?,
        silence_after_minutes = ?, limits = ?, updated_at = ? WHERE key = ?`)
    this.#delete = db.prepare('DELETE FROM instances WHERE key = ?')
    this.#upsertSelection = db.prepare(`
      INSERT INTO selections (instance_key, transport, id, enabled, events, filter, omit, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (instance_key, transport)
      DO UPDATE SET enabled = excluded.enabled, events = excluded.events, filter = excluded.filter, omit = excluded.omit,
        updated_at = excluded.updated_at`)

    this.directory = new MemoryDirectory(this)
    for (const instance of readInstances(db)) this.directory.put(instance)
  }

  write(name: string, change: (before: Instance | undefined) => InstanceRecord): Promise<Instance> {
    return this.#commits.add({
      run: () => this.#write(name, change),
      committed: (instance) => this.directory.put(instance)
    })
  }

  remove(name: string): Promise<Instance | undefined> {
    return this.#commits.add({
      run: () => {
        const before = this.#current(name)
        if (before) this.#delete.run(before.key)
        this.#changed.set(name, undefined)
        return before
      },
      committed: (before) => {
        if (before) this.directory.drop(before)
      }
    })
  }

  /** To be called when a transaction begins: changes of earlier ones are in the directory, or were rolled back. */
  begin(): void {
    this.#changed.clear()
  }

  /** To be called inside a transaction. @throws {InstanceNotFoundError} an event is only for an instance that is gone */
  assertPresent(events: readonly NewEvent[]): void {
    for (const { instance, onlyFor } of events)
      if (onlyFor !== undefined && this.#current(instance)?.key !== onlyFor) throw new InstanceNotFoundError(instance)
  }

  /** The key of an instance, inside a transaction. An unknown one is registered, and added to `registered`. */
  keyOf(name: string, registered: Instance[]): number {
    const known = this.#current(name)
    if (known) return known.key
    const instance = this.#write(name, () => blankInstance(name))
    registered.push(instance)
    return instance.key
  }

  #current(name: string): Instance | undefined {
    return this.#changed.has(name) ? this.#changed.get(name) : this.directory.get(name)
  }

  #write(name: string, change: (before: Instance | undefined) => InstanceRecord): Instance {
    const before = this.#current(name)
    const record = change(before)
    const { id, tokenHash, formerToken, integration, silenceAfterMinutes, createdAt, updatedAt, selections } = record
    const former = [formerToken?.hash ?? null, formerToken?.until.getTime() ?? null]
    const limits = storedLimits(record.limits)
    const values = [tokenHash, ...former, integration, silenceAfterMinutes, limits, updatedAt.getTime()]
    let key = before?.key
    if (key === undefined) key = Number(this.#insert.run(id, name, ...values, createdAt.getTime()).lastInsertRowid)
    else this.#update.run(...values, key)
    for (const [transport, selection] of Object.entries(selections)) {
      if (selection !== before?.selections[transport as TransportName]) {
        this.#upsertSelection.run(
          key,
          transport,
          selection.id,
          selection.enabled ? 1 : 0,
          JSON.stringify(selection.events),
          selection.filter ? JSON.stringify(selection.filter) : null,
          selection.omit ? JSON.stringify(selection.omit) : null,
          selection.createdAt.getTime(),
          selection.updatedAt.getTime()
        )
      }
    }
    const after = keptInstance({ ...record, key })
    this.#changed.set(name, after)
    return after
  }
}
