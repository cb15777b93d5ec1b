import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Before packing, and with `--undo` after it. fastify-socket.io 5.1.0 works on Fastify 5, but its manifest declares
 * Fastify 4 as its peer and runs `npx only-allow pnpm` before every install, which fails under npm. So our tarball
 * carries it (bundleDependencies), with a manifest that says what is true. Here, npm's `overrides` and `allowScripts`
 * do the same, and would not go together with bundling.
 */
const NAME = 'fastify-socket.io'
const undo = process.argv.includes('--undo')

edit('package.json', (manifest) => {
  if (undo) delete manifest.bundleDependencies
  else manifest.bundleDependencies = [NAME]
})
if (!undo) {
  edit(`node_modules/${NAME}/package.json`, (manifest) => {
    delete manifest.scripts
    delete manifest.devDependencies
    manifest.peerDependencies = { fastify: '>=4.x.x', 'socket.io': '>=4' }
  })
}

function edit(path: string, change: (manifest: Record<string, unknown>) => void): void {
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  change(manifest)
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`)
}
