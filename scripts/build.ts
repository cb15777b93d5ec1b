import { execFileSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'

// A file that was renamed must not live on in the package.
rmSync('dist', { recursive: true, force: true })
execFileSync('tsc', ['--project', 'tsconfig.build.json'], { stdio: 'inherit' })
execFileSync(process.execPath, ['scripts/build-console.mjs'], { stdio: 'inherit' })
cpSync('console/dist', 'dist/console/dist', { recursive: true })
