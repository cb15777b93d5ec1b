/** Done; the work failed; the command was not called as it should be. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const

/** Ends a command: what a person is told, and the exit code. */
export class CommandFailed extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Why a command is ended from outside: a signal, or nobody reads what it prints. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('Interrupted')
    this.exitCode = exitCode
  }
}
