/** Methods that each of the compared servers has. */
export interface LiveServer {
  /** @param folder for what is kept on disk @returns the port */
  listen(options: { namespaces: readonly string[]; folder: string }): Promise<number>
  /** Publishes so many events a second, for so long; `at` of each is when it was due. @returns how many */
  pace(perSecond: number, ms: number): Promise<number>
}

/** The key of servers that require one. */
export const API_KEY = 'global-key-of-the-benchmarks'
