import { fstatSync, writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { isatty } from 'node:tty'

/** Writes lines synchronously, or hands them to Node's buffer. */
export interface LineWriter {
  /** @returns the error if the line was not written */
  write(line: string): NodeJS.ErrnoException | undefined
  /** Resolves when all lines have left the process, or after a second. */
  flush(): Promise<void>
}

/** The part of a stream that `pipeWriter` uses. */
export interface Outlet {
  readonly writableLength: number
  write(text: string, done?: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Bytes buffered for a slow reader of a pipe: some seconds of a busy server's log. */
const MAX_WAITING_BYTES = 1_048_576
const STDOUT = 1
const FLUSH_MS = 1_000
const NEWLINE = '\n'.charCodeAt(0)

/** The writer for standard output: a file, a pipe, a socket or a terminal. */
export function stdoutWriter({ stdout }: Pick<NodeJS.Process, 'stdout'>): LineWriter {
  const kind = fstatSync(STDOUT)
  const hasReader = isatty(STDOUT) || !(kind.isFile() || kind.isCharacterDevice())
  return hasReader ? pipeWriter(stdout) : fileWriter(STDOUT)
}

/** For files, whose disk may be full. If only part of a line fits, the rest is dropped, and the next line starts on a new one. */
export function fileWriter(fd: number): LineWriter {
  let torn = false
  return {
    write(line) {
      const bytes = Buffer.from(torn ? `\n${line}` : line)
      let written = 0
      try {
        while (written < bytes.length) written += writeSync(fd, bytes, written)
        torn = false
        return undefined
      } catch (error) {
        if (written > 0) torn = bytes[written - 1] !== NEWLINE
        return error as NodeJS.ErrnoException
      }
    },
    flush: async () => {}
  }
}

/** For pipes, sockets and terminals, whose reader may be slow or absent. Node buffers lines up to a limit. */
export function pipeWriter(stream: Outlet): LineWriter {
  let failure: NodeJS.ErrnoException | undefined
  stream.on('error', (error) => (failure = error))
  return {
    write(line) {
      if (failure) return failure
      if (stream.writableLength > MAX_WAITING_BYTES)
        return Object.assign(new Error('the standard output is not being read'), { code: 'EAGAIN' })
      stream.write(line)
      return undefined
    },
    async flush() {
      if (stream.writableLength === 0) return
      const late = new AbortController()
      const flushed = new Promise<void>((resolve) => stream.write('', resolve))
      await Promise.race([flushed, setTimeout(FLUSH_MS, undefined, { signal: late.signal }).catch(() => {})])
      late.abort()
    }
  }
}
