/** What each of the compared servers does when it is told to. */
export interface IngestServer {
  /** @param folder for what is kept on disk @returns the port */
  listen(options: { folder: string }): Promise<number>
  /** How many events were taken in since it was asked last. @throws what is kept is not what came, in order */
  taken(): Promise<number>
}

/** The key of both servers. */
export const API_KEY = 'global-key-of-the-benchmarks'
export const INSTANCE = 'bench'
