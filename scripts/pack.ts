import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/**
 * `npm run pack [folder]`: builds the package and packs it into the folder, by default this one.
 *
 * The published manifest is written to a temporary folder. It leaves out what only a clone needs, and bundles
 * fastify-socket.io, which works with Fastify 5, but whose own manifest requires Fastify 4 and runs `npx only-allow
 * pnpm` before every install, which fails with npm.
 */
const BUNDLED = 'fastify-socket.io'
const FOR_CLONES = new Set(['private', 'scripts', 'devDependencies', 'optionalDependencies', 'overrides'])
/** Files and folders of a bundled package that an import does not need. */
const UNUSED = /^(\..*|node_modules|tests?|example-.*|.*\.test(-d)?\..*|.*\.html)$/

type Manifest = Record<string, unknown> & { version: string; files: string[] } & Record<
    'dependencies' | 'peerDependencies' | 'peerDependenciesMeta',
    Record<string, unknown>
  >

const destination = process.argv[2] ?? '.'
const manifest = readJson('package.json') as Manifest
const stage = mkdtempSync(join(tmpdir(), 'instance-events-pack-'))
try {
  execFileSync(process.execPath, ['scripts/build.ts'], { stdio: 'inherit' })
  for (const name of ['README.md', 'LICENSE', ...manifest.files]) cpSync(name, join(stage, name), { recursive: true })
  for (const folder of withDependencies(join('node_modules', BUNDLED))) {
    const filter = (path: string) => path === folder || !UNUSED.test(basename(path))
    cpSync(folder, join(stage, folder), { recursive: true, filter })
  }
  writeJson(join(stage, 'package.json'), published(manifest))
  const bundled = join(stage, 'node_modules', BUNDLED, 'package.json')
  const { scripts: _, devDependencies: __, ...kept } = readJson(bundled)
  writeJson(bundled, { ...kept, peerDependencies: { fastify: '>=4.x.x', 'socket.io': '>=4' } })
  execFileSync('npm', ['pack', stage, '--pack-destination', destination], { stdio: 'inherit' })
} finally {
  rmSync(stage, { recursive: true, force: true })
}

/** The manifest for users of the package, without the optional peers that a clone has as dependencies. */
function published(manifest: Manifest): Manifest {
  const ours = Object.entries(manifest).filter(([name]) => !FOR_CLONES.has(name))
  const dependencies = Object.entries(manifest.dependencies).filter(([name]) => !(name in manifest.peerDependencies))
  return {
    ...Object.fromEntries(ours),
    dependencies: Object.fromEntries(dependencies),
    bundleDependencies: [BUNDLED]
  } as never
}

/** The folders of an installed package and of all of its dependencies, as Node resolves them. */
function withDependencies(folder: string): string[] {
  const { dependencies = {} } = readJson(join(folder, 'package.json')) as { dependencies?: Record<string, string> }
  const folders = Object.keys(dependencies).map((name) => resolveFrom(folder, name))
  return [...new Set([folder, ...folders.flatMap(withDependencies)])]
}

function resolveFrom(folder: string, name: string): string {
  for (let from = folder; from !== '.'; from = dirname(from)) {
    const found = join(basename(from) === 'node_modules' ? from : join(from, 'node_modules'), name)
    try {
      readFileSync(join(found, 'package.json'))
      return found
    } catch {
      // Look further up, as Node does.
    }
  }
  throw new Error(`${name}, which ${folder} needs, is not installed`)
}

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
}

function writeJson(path: string, value: object): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
}
