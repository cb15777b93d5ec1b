import { execFileSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

// Removes renamed files of an earlier build.
rmSync('dist', { recursive: true, force: true })
execFileSync('tsc', ['--project', 'tsconfig.build.json'], { stdio: 'inherit' })
for (const file of globSync('lib/**/*.sql')) cpSync(file, join('dist', file))
execFileSync(process.execPath, ['scripts/build-console.mjs'], { stdio: 'inherit' })
cpSync('console/dist', 'dist/console/dist', { recursive: true })
