import { spawn, spawnSync } from 'node:child_process'
import type { Test } from 'tap'
import { folder } from './build.ts'
import { type Printing, printing } from './printing.ts'

/** Debian's own interpreters have its packages of libraries; another one may come before them on PATH. */
const PYTHONS = ['python3', '/usr/bin/python3']
const PHPS = ['php', '/usr/bin/php']

/** Skips a test where no Python has these modules. @returns the interpreter that has them */
export function pythonWith(t: Test, ...modules: string[]): string | undefined {
  return firstThatRuns(t, PYTHONS, ['-c', ['pass', ...modules.map((name) => `import ${name}`)].join('\n')], modules)
}

/** Skips a test where no PHP has these extensions and files of its include path. @returns the interpreter that has them */
export function phpWith(t: Test, { extensions = [] as string[], files = [] as string[] } = {}): string | undefined {
  const code = [
    ...extensions.map((name) => `extension_loaded('${name}') || exit(1);`),
    ...files.map((name) => `stream_resolve_include_path('${name}') || exit(1);`)
  ]
  return firstThatRuns(t, PHPS, ['-r', code.join(' ')], [...extensions, ...files])
}

function firstThatRuns(t: Test, programs: string[], args: string[], wanted: string[]): string | undefined {
  const found = programs.find((program) => spawnSync(program, args).status === 0)
  if (found === undefined) {
    const libraries = wanted.length > 0 ? ` with ${wanted.join(', ')}` : ''
    t.plan(0, `no ${programs[0]}${libraries}: its examples are not run`)
  }
  return found
}

export interface Program {
  program: string
  args: string[]
  env?: Record<string, string>
  cwd?: string
}

/** Starts a program with these variables only, in a folder of its own; ended after the test. */
export function startProgram(
  t: Test,
  { program, args, env = {}, cwd = folder(t) }: Program
): Printing & {
  stop(): void
} {
  const child = spawn(program, args, { cwd, env: { PATH: process.env.PATH ?? '', ...env } })
  return { ...printing(t, child), stop: () => void child.kill('SIGTERM') }
}
