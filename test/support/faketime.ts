import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { folder } from './build.ts'

/** https://github.com/wolfcw/libfaketime, at its path on Debian. */
const [LIBRARY] = globSync('/usr/lib/*/faketime/libfaketime.so.1')

/** The reason to skip a test without libfaketime; `false` with it. */
export const withoutFaketime = LIBRARY === undefined && 'needs libfaketime'

/** The clock of the system as a process sees it. Monotonic clocks stay as they are. */
export interface SystemClock {
  env: Record<string, string>
  /** Sets it to this many seconds from the real time. */
  set(seconds: number): void
}

export function systemClock(t: Test): SystemClock {
  const file = join(folder(t), 'offset')
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  set(0)
  return {
    env: {
      LD_PRELOAD: LIBRARY ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1'
    },
    set
  }
}
