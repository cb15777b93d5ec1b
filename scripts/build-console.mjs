import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

/**
 * Builds console/ into console/dist. npm runs it after `npm ci` (`prepare`), so a clone has the console at once; without the
 * development's packages it says so, and the server runs without a console. JavaScript: those packages bring the Node that
 * runs TypeScript.
 */
const OUT = 'console/dist'
const PLACEHOLDERS = { '.js': '%SCRIPT%', '.css': '%STYLES%' }

const esbuild = await import('esbuild').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  console.warn('The console was not built: that takes the development packages (npm ci, without --omit=dev)')
  return undefined
})

if (esbuild) {
  // A file of an older build must not live on.
  rmSync(OUT, { recursive: true, force: true })
  const { metafile } = await esbuild.build({
    entryPoints: ['console/main.tsx'],
    outdir: `${OUT}/assets`,
    // What has its content's hash in its name may be cached for ever.
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
  let page = readFileSync('console/index.html', 'utf8')
  for (const path of Object.keys(metafile.outputs)) {
    for (const [ending, placeholder] of Object.entries(PLACEHOLDERS))
      if (path.endsWith(ending)) page = page.replace(placeholder, `./assets/${basename(path)}`)
  }
  mkdirSync(OUT, { recursive: true })
  writeFileSync(`${OUT}/index.html`, page)
}
