import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { folder } from '../support/build.ts'

type Parser = typeof import('@actions/workflow-parser')
interface Step {
  name?: string
  uses?: string
  run?: string
}
interface Workflow {
  permissions: object
  on: { push: { tags?: string[] } }
  jobs: Record<
    string,
    { permissions?: Record<string, string>; strategy?: { matrix: { node: string[] } }; steps: Step[] }
  >
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const files = globSync('.github/workflows/*.yml', { cwd: root })
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const workflow = (name: string) => parse(read(`.github/workflows/${name}.yml`)) as Workflow

/** GitHub's own parser. As published, Node cannot load it: it imports JSON without saying so. */
async function githubParser(t: Test): Promise<Parser> {
  const outfile = join(folder(t), 'parser.cjs')
  await build({
    entryPoints: ['@actions/workflow-parser'],
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    outfile
  })
  return createRequire(import.meta.url)(outfile) as Parser
}

async function faults({ parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter }: Parser, content: string) {
  const { context, value } = parseWorkflow({ name: 'workflow', content }, new NoOperationTraceWriter())
  if (value !== undefined) await convertWorkflowTemplate(context, value)
  return context.errors.getErrors().map(({ message }) => message)
}

t.test('GitHub’s parser finds nothing in the workflows, and finds what is put there', async (t) => {
  const parser = await githubParser(t)
  for (const file of files) t.same(await faults(parser, read(file)), [], file)
  const wrong = read('.github/workflows/release.yml').replaceAll('runs-on', 'run-on').replace('github.ref', 'gihub.ref')
  t.match((await faults(parser, wrong)).join('\n'), /Unrecognized named-value: 'gihub'[^]*Unexpected value 'run-on'/)
})

t.test('actions are pinned by commit, with the release beside it', async (t) => {
  for (const file of files) {
    for (const [line] of read(file).matchAll(/^.*\buses: .*$/gm))
      t.match(line, /uses: [\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/, file)
  }
})

t.test('a workflow may read the code, and the jobs that publish no more than they need', async (t) => {
  for (const name of ['ci', 'release']) t.same(workflow(name).permissions, { contents: 'read' }, name)
  const permissions = Object.entries(workflow('release').jobs).map(([name, job]) => [name, job.permissions])
  t.same(permissions, [
    ['test', undefined],
    ['npm', { contents: 'read', 'id-token': 'write' }],
    ['image', { contents: 'read', packages: 'write' }]
  ])
})

t.test('the suite runs on the oldest Node that package.json promises, and on those after it', async (t) => {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
  t.same(workflow('ci').jobs.test?.strategy?.matrix.node, [engines.node.replace('>=', ''), '24', '26'])
})

t.test(
  'a release starts from a tag; without repository, or with another version, it stops with a sentence',
  async (t) => {
    const { on, jobs } = workflow('release')
    t.same(on, { push: { tags: ['v*'] } })
    const step = jobs.test?.steps.find(({ name }) => name === 'The tag and package.json agree')
    const released = (manifest: object, tag: string) => {
      const cwd = folder(t)
      writeFileSync(join(cwd, 'package.json'), JSON.stringify({ version: '1.2.3', ...manifest }))
      const env = { ...process.env, GITHUB_REF_NAME: tag }
      const { status, stdout } = spawnSync('bash', ['-e', '-c', step?.run ?? 'exit 9'], { cwd, env, encoding: 'utf8' })
      return { status, stdout }
    }
    const repository = { type: 'git', url: 'git+https://git.example/hub.git' }
    t.match(released({}, 'v1.2.3'), { status: 1, stdout: /^::error::package\.json has no "repository"\. / })
    t.match(released({ repository }, 'v1.2.4'), {
      status: 1,
      stdout: '::error::The tag is v1.2.4, but package.json has version 1.2.3.\n'
    })
    t.same(released({ repository }, 'v1.2.3'), { status: 0, stdout: '' })
  }
)

t.test('the package is published with provenance, the image with provenance and an SBOM', async (t) => {
  const commands = (job: string) => (workflow('release').jobs[job]?.steps ?? []).map(({ run }) => run ?? '').join('\n')
  t.match(commands('npm'), /npm run pack\n[^]*npm publish --provenance .*\.tgz/)
  t.match(commands('image'), /docker buildx build --push --sbom=true --provenance=mode=max/)
})
