/** What each of the compared servers does when it is told to. */
export interface IngestServer {
  /** Resolves to the port. */
  listen(options: ListenOptions): Promise<number>
  /** How many events were taken in since it was asked last. @throws what is kept is not what came, in order */
  taken(): Promise<number>
}

export interface ListenOptions {
  /** For what the server itself keeps on disk. */
  folder: string
  /** Of the Redis or PostgreSQL that the server writes to; `undefined` for a server that needs none. */
  databasePort: number | undefined
}

/** The key of all servers. */
export const API_KEY = 'global-key-of-the-benchmarks'
export const INSTANCE = 'bench'
