import type { InstanceRecord } from '../../lib/instances/kept-instance.ts'
import { MemoryDirectory, type InstanceTable } from '../../lib/instances/memory-directory.ts'
import type { Instance } from '../../lib/instances/instance.ts'
import { SharedRun } from '../../lib/store/postgres/shared-run.ts'
import type { SimulatedProcess } from './clock.ts'
import type { Cluster } from './cluster.ts'

/** The directory of one node of a cluster: it changes by reading what has changed, its own changes included. */
export class ClusterDirectory implements InstanceTable {
  readonly directory = new MemoryDirectory(this)
  readonly #cluster: Cluster
  readonly #process: SimulatedProcess
  readonly #reading = new SharedRun(() => this.#read())
  version = -1

  constructor(cluster: Cluster, process: SimulatedProcess) {
    this.#cluster = cluster
    this.#process = process
  }

  /** Brings it to this version at least. */
  async sync(version: number): Promise<void> {
    if (version > this.version) await this.#reading.run()
  }

  /** Reads all instances anew. */
  async reload(): Promise<void> {
    this.version = -1
    await this.#reading.run()
  }

  async write(name: string, change: (before: Instance | undefined) => InstanceRecord): Promise<Instance> {
    const { tables } = this.#cluster.postgres
    const instance = await this.#cluster.write(this.#process, () => {
      const written = tables.write(name, change)
      this.#cluster.postgres.notify(`directory ${tables.directoryVersion}`, this.#process)
      return written
    })
    await this.#reading.run()
    return instance
  }

  async remove(name: string): Promise<Instance | undefined> {
    const removed = await this.#cluster.write(this.#process, () => this.#cluster.postgres.tables.remove(name))
    await this.#reading.run()
    return removed
  }

  async #read(): Promise<void> {
    const { tables } = this.#cluster.postgres
    const { rows, version } = await this.#cluster.read(this.#process, () => ({
      rows: tables.changes(this.version),
      version: tables.directoryVersion
    }))
    for (const { name, instance } of rows) {
      const before = this.directory.get(name)
      if (instance) this.directory.put(instance)
      else if (before) this.directory.drop(before)
    }
    this.version = version
  }
}
