import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Run while the image is built. Who installs the package brings these peers if they are wanted; the image brings them along:
 * S3 for messages that are too large, and the emulator, so that it runs without any setting. As dependencies of
 * production they stay in the versions of package-lock.json.
 */
const BROUGHT = ['@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner', 'fauxqs']

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, Record<string, string>>
const { dependencies = {}, devDependencies = {} } = manifest
for (const name of BROUGHT) {
  const range = devDependencies[name]
  if (range === undefined) throw new Error(`${name} is not among the devDependencies`)
  dependencies[name] = range
}
// Else a tool of ours that is also some dependency's optional peer (TypeScript) comes along.
delete manifest.devDependencies
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`)
