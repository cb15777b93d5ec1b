import { spawnSync } from 'node:child_process'
import type { Test } from 'tap'

/** For a test: skips it where a program that is no dependency of ours is not installed. @returns whether to go on */
export function haveProgram(t: Test, name: string): boolean {
  if (spawnSync(name, ['--version']).error === undefined) return true
  t.plan(0, `no ${name} on PATH: what it checks is not checked`)
  return false
}
