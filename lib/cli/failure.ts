/** Exit codes: success, failure, wrong usage. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const

/** Ends a command with a message for the user and an exit code. */
export class CommandFailed extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Ends a command because of a signal, or `tail` because the reader of its output has closed it. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('Interrupted')
    this.exitCode = exitCode
  }
}
