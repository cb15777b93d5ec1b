import { execFileSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

// A file that was renamed must not live on in the package.
rmSync('dist', { recursive: true, force: true })
execFileSync('tsc', ['--project', 'tsconfig.build.json'], { stdio: 'inherit' })
for (const file of globSync('lib/**/*.sql')) cpSync(file, join('dist', file))
execFileSync(process.execPath, ['scripts/build-console.mjs'], { stdio: 'inherit' })
cpSync('console/dist', 'dist/console/dist', { recursive: true })
