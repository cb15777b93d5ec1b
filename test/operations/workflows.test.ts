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

/** GitHub's own parser, bundled: Node.js cannot load it as it is published, because it imports JSON without an attribute. */
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

t.test('GitHub’s parser finds no faults in the workflows, and finds those that the test adds', async (t) => {
  const parser = await githubParser(t)
  t.ok(files.length > 0)
  t.same(
    await Promise.all(files.map(async (file) => [file, await faults(parser, read(file))])),
    files.map((file) => [file, []])
  )
  const wrong = read('.github/workflows/release.yml').replaceAll('runs-on', 'run-on').replace('github.ref', 'gihub.ref')
  t.match((await faults(parser, wrong)).join('\n'), /Unrecognized named-value: 'gihub'[^]*Unexpected value 'run-on'/)
})

t.test('actions are pinned by commit, with their release in a comment', async (t) => {
  const uses = files.flatMap((file) => read(file).match(/^.*\buses: .*$/gm) ?? [])
  t.ok(uses.length > 0)
  t.same(
    uses.filter((line) => !/uses: [\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/.test(line)),
    []
  )
})

t.test('workflows have the right to read the code; only the jobs that publish have another one', async (t) => {
  for (const name of ['ci', 'release']) t.same(workflow(name).permissions, { contents: 'read' }, name)
  const permissions = Object.entries(workflow('release').jobs).map(([name, job]) => [name, job.permissions])
  t.same(permissions, [
    ['test', undefined],
    ['npm', { contents: 'read', 'id-token': 'write' }],
    ['image', { contents: 'read', packages: 'write' }]
  ])
})

t.test('the suite runs on the oldest Node.js that package.json allows and on the later ones', async (t) => {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
  t.same(workflow('ci').jobs.test?.strategy?.matrix.node, [engines.node.replace('>=', ''), '24', '26'])
})

t.test('a release starts from a tag, and stops with an error if the tag or package.json is wrong', async (t) => {
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
})

t.test('the package is published with provenance, the image with provenance and an SBOM', async (t) => {
  const commands = (job: string) => (workflow('release').jobs[job]?.steps ?? []).map(({ run }) => run ?? '').join('\n')
  t.match(commands('npm'), /npm run pack\n[^]*npm publish --provenance .*\.tgz/)
  t.match(commands('image'), /docker buildx build --push --sbom=true --provenance=mode=max/)
})
