// Run by scripts/test-package.ts in an app that has the packed tarball: its types, by each compiler and resolution, and
// without skipLibCheck.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

for (const compiler of ['typescript', 'typescript-5']) {
  for (const resolution of ['nodenext', 'bundler']) {
    const tsc = join('node_modules', compiler, 'bin', 'tsc')
    const project = `tsconfig.${resolution}.json`
    const { status } = spawnSync(process.execPath, [tsc, '--project', project], { stdio: 'inherit' })
    if (status !== 0) process.exit(1)
    console.log(`its types hold for ${compiler} with ${resolution}`)
  }
}
