import { readFileSync, writeFileSync } from 'node:fs'

/**
 * fastify-socket.io 5.1.0 works on Fastify 5, but its manifest declares Fastify 4 as its peer and runs
 * `npx only-allow pnpm` before every install, which fails under npm. So our tarball carries it (bundleDependencies),
 * with a manifest that says what is true.
 */
const path = 'node_modules/fastify-socket.io/package.json'
const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
delete manifest.scripts
delete manifest.devDependencies
manifest.peerDependencies = { fastify: '>=4.x.x', 'socket.io': '>=4' }
writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`)
