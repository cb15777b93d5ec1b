/** Marks the log of a client that has yet to receive `complete: false`. */
const MARK = '-incomplete'

/** The `log` that a client stores. */
export function clientLog({ id, complete }: { id: string; complete: boolean }): string {
  return complete ? id : id + MARK
}

/** Reads the `log` of a client. */
export function readClientLog(log: string): { id: string; complete: boolean } {
  const complete = !log.endsWith(MARK)
  return { id: complete ? log : log.slice(0, -MARK.length), complete }
}
