import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const OUT = join('console', 'dist')
/** Written last, so its existence means a complete build, and its time is that of the build. */
const PAGE = join(OUT, 'index.html')
const SOURCES = ['console', 'lib', 'package-lock.json', join('scripts', 'console-files.mjs')]
const PLACEHOLDERS = { '.js': '%SCRIPT%', '.css': '%STYLES%' }

/** Tests if console/dist is complete and not older than any of its sources. */
export function isConsoleCurrent(root = ROOT) {
  const page = join(root, PAGE)
  return (
    existsSync(page) && SOURCES.every((path) => newest(join(root, path), join(root, OUT)) <= statSync(page).mtimeMs)
  )
}

/** Time of the last change in `path`. Removing a file changes its folder. */
function newest(path, except) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  const within = readdirSync(path)
    .map((name) => join(path, name))
    .filter((entry) => entry !== except)
    .map((entry) => newest(entry, except))
  return Math.max(stat.mtimeMs, ...within)
}

/**
 * Builds console/ into console/dist.
 * @returns {Promise<boolean>} false if the development packages are not installed
 */
export async function buildConsole(root = ROOT) {
  const esbuild = await import('esbuild').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    return undefined
  })
  if (!esbuild) return false
  // Removes files of an earlier build.
  rmSync(join(root, OUT), { recursive: true, force: true })
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['console/main.tsx'],
    outdir: join(OUT, 'assets'),
    // Files with a hash of their content in the name can be cached forever.
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    tsconfig: 'console/tsconfig.json',
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning'
  })
  let page = readFileSync(join(root, 'console', 'index.html'), 'utf8')
  for (const path of Object.keys(metafile.outputs)) {
    for (const [ending, placeholder] of Object.entries(PLACEHOLDERS))
      if (path.endsWith(ending)) page = page.replace(placeholder, `./assets/${basename(path)}`)
  }
  mkdirSync(join(root, OUT), { recursive: true })
  writeFileSync(join(root, PAGE), page)
  return true
}
