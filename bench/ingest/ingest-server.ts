/** Methods that each of the compared servers has. */
export interface IngestServer {
  /** Resolves to the port. */
  listen(options: ListenOptions): Promise<number>
  /** Returns the number of events accepted since the last call. @throws the stored events are not those that were sent, in order */
  taken(): Promise<number>
}

export interface ListenOptions {
  /** For what the server itself keeps on disk. */
  folder: string
  /** Of the Redis or PostgreSQL that the server writes to; `undefined` for a server that needs none. */
  databasePort: number | undefined
  /** Whether each instance has limits, which the load does not reach. */
  limits?: boolean
}

/** The key of all servers. */
export const API_KEY = 'global-key-of-the-benchmarks'
export const INSTANCE = 'bench'
