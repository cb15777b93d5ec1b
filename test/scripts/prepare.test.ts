import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const script = fileURLToPath(new URL('../../scripts/prepare.mjs', import.meta.url))

t.test(
  'installing the repository with npm prints a hint to use a release; in a clone nothing is printed',
  async (t) => {
    const run = (more: Record<string, string>) => {
      const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_package_')))
      const { status, stderr } = spawnSync(process.execPath, [script], { env: { ...env, ...more }, encoding: 'utf8' })
      return { status, stderr }
    }
    t.same(run({}), { status: 0, stderr: '' })
    t.match(run({ npm_package_resolved: '/tmp/git-cloneX' }), {
      status: 1,
      stderr: /^fastify-instance-events cannot be installed from its repository: /
    })
  }
)
