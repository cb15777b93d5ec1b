import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const { packages } = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, { license?: string; dev?: boolean; integrity?: string; optional?: boolean; os?: string }>
}

/** Licences whose only condition is that their text is kept; docs/security.md lists them. */
const ALLOWED = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', '0BSD']
/** Packages whose manifest names no licence, and the licence in their LICENSE file. */
const UNNAMED: Record<string, string> = { 'node_modules/fastify-socket.io': 'MIT' }

const licenceOf = (name: string) => packages[name]?.license ?? UNNAMED[name]
const refused = (names: string[]) =>
  names.map((name) => [name, licenceOf(name)]).filter(([, licence]) => !ALLOWED.includes(licence ?? ''))

t.test('every package that ours or the image installs has an allowed licence', async (t) => {
  const installed = Object.keys(packages).filter((name) => name !== '' && packages[name]?.dev !== true)
  t.ok(installed.includes('node_modules/fastify'))
  t.same(refused(installed), [])
  for (const [name, licence] of Object.entries(UNNAMED)) t.match(read(`${name}/LICENSE`), `${licence} License`, name)
  const [, section = ''] = read('docs/security.md').split('## Supply chain')
  t.same(
    ALLOWED.filter((licence) => !section.includes(licence)),
    [],
    'docs/security.md lists all of them'
  )
})

t.test('every package that is built into the console has an allowed licence', async (t) => {
  const { metafile } = await build({
    entryPoints: ['console/main.tsx'],
    absWorkingDir: root,
    tsconfig: 'console/tsconfig.json',
    outdir: 'console/dist',
    bundle: true,
    write: false,
    metafile: true
  })
  const within = Object.keys(metafile.inputs).map((path) => /^(.*node_modules\/(@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
  const built = [...new Set(within.filter((name) => name !== undefined))]
  t.ok(built.includes('node_modules/preact'))
  t.same(refused(built), [])
})

t.test('package-lock.json has a hash for every package, and pins the bundled versions of Node.js', async (t) => {
  const { optionalDependencies } = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> }
  t.same(
    Object.keys(packages).filter((name) => name !== '' && !packages[name]?.integrity?.startsWith('sha512-')),
    []
  )
  const bundled = Object.entries(optionalDependencies)
  t.same(
    bundled.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
    []
  )
  t.match(
    bundled.map(([name]) => packages[`node_modules/${name}`]),
    bundled.map(([, version]) => ({ version, optional: true, os: /linux|darwin|win32/ }))
  )
})
