import { spawnSync } from 'node:child_process'
import type { Test } from 'tap'

/** Skips a test that needs a program that is not installed. @returns whether it is installed */
export function haveProgram(t: Test, name: string): boolean {
  if (spawnSync(name, ['--version']).error === undefined) return true
  t.plan(0, `no ${name} on PATH: what it checks is not checked`)
  return false
}
