import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Ajv } from 'ajv'
import { DCLinter } from 'dclint'
import t, { type Test } from 'tap'
import { EnvSchema } from '../../lib/standalone/settings.ts'
import { compose, path, read, service, settings, SWARM } from '../support/deploy-files.ts'
import { pythonWith } from '../support/interpreters.ts'

const { version } = JSON.parse(read('../package.json')) as { version: string }
/**
 * To be replaced by the owner of the repository that publishes the image. Upper case is invalid, so nothing is pulled
 * by mistake.
 */
const IMAGE = `ghcr.io/OWNER/fastify-instance-events:${version}`

const COMPOSE_FILES = [...SWARM, 'coolify/fastify-instance-events.yaml', 'dokploy/docker-compose.yml']
const easypanel = JSON.parse(read('easypanel/template.json')) as {
  services: { data: { env: string; source: { image: string } } }[]
}

/** Settings of each template. */
const SETTINGS = [
  'AUTHENTICATION_API_KEY',
  'S3_BUCKET',
  'SERVER_URL',
  'SQS_ACCESS_KEY_ID',
  'SQS_GLOBAL_ENABLED',
  'SQS_REGION',
  'SQS_SECRET_ACCESS_KEY',
  'TRUST_PROXY',
  'WEBSOCKET_GLOBAL_EVENTS'
]

const environments: Record<string, [string, string][]> = {
  ...Object.fromEntries(COMPOSE_FILES.map((file) => [file, settings(service(file).environment)])),
  'easypanel/template.json': settings(easypanel.services[0]?.data.env.split('\n') ?? [])
}

for (const [file, given] of Object.entries(environments)) {
  t.test(`${file} sets settings that exist, among them what a proxy needs, and contains no secret`, async (t) => {
    // Variables of Coolify itself.
    const own = given.filter(([name]) => !name.startsWith('SERVICE_'))
    t.strictSame(
      own.map(([name]) => name).filter((name) => !(name in EnvSchema.properties)),
      []
    )
    const names = new Set(own.map(([name]) => name.replace(/_FILE$/, '')))
    // Those of a server on PostgreSQL, where the file is about one.
    names.delete('DATABASE_URL')
    names.delete('SQS_BACKEND')
    t.strictSame([...names].sort(), SETTINGS)
    t.strictSame(
      own.filter(
        ([name, value]) => /KEY|SECRET|DATABASE/.test(name) && !/^(\$\{\w+(:-)?\}|\/run\/secrets\/\w+|)$/.test(value)
      ),
      []
    )
  })
}

for (const file of COMPOSE_FILES) {
  t.test(`a linter and the schema of Compose find nothing in ${file}`, async (t) => {
    // Swarm reads only files with a version; the platforms name the project.
    const rules = { 'no-version-field': 0 as const, 'require-project-name-field': 0 as const }
    const [result] = new DCLinter({ exclude: [], quiet: false, debug: false, rules }).lintFiles([path(file)], false)
    t.same(result?.messages, [])
  })

  t.test(`the container of ${file} is read-only, without capabilities, and has time to close`, async (t) => {
    const { cap_drop, read_only, tmpfs, volumes = [], stop_grace_period: grace = '' } = service(file)
    const isOnPostgres = 'DATABASE_URL_FILE' in service(file).environment
    t.strictSame(
      { cap_drop, read_only, tmpfs, volumes },
      {
        cap_drop: ['ALL'],
        read_only: true,
        tmpfs: isOnPostgres ? ['/tmp', '/data'] : ['/tmp'],
        volumes: isOnPostgres ? [] : ['data:/data']
      }
    )
    t.ok(Number.parseInt(grace) > 15)
  })
}

t.test('templates name the image of this version', async (t) => {
  t.equal(easypanel.services[0]?.data.source.image, IMAGE)
  t.equal(service('dokploy/docker-compose.yml').image, IMAGE)
  t.equal(service('coolify/fastify-instance-events.yaml').image, '${IMAGE:?}')
})

// The schema of services that EasyPanel creates from JSON: utils/schema.ts of
// https://github.com/easypanel-io/templates; projectName is the project in which the template is created.
t.test('the template of EasyPanel has the form of its schema', async (t) => {
  const text = { type: 'string' }
  const object = (properties: object, required = Object.keys(properties)) => ({
    type: 'object',
    properties,
    required,
    additionalProperties: false
  })
  const list = (items: object) => ({ type: 'array', items, minItems: 1 })
  const app = object({
    serviceName: { type: 'string', pattern: '^[a-z0-9-_]+$' },
    source: object({ type: { const: 'image' }, image: text }),
    env: text,
    deploy: object({
      replicas: { const: 1 },
      command: { type: 'null' },
      zeroDowntime: { const: false },
      capDrop: { const: ['ALL'] }
    }),
    domains: list(object({ host: { type: 'string', pattern: '^[^\\s*]+$' }, port: { const: 8080 } })),
    mounts: list(
      object({
        type: { const: 'volume' },
        name: { type: 'string', pattern: '^[a-z0-9-_]+$' },
        mountPath: { const: '/data' }
      })
    )
  })
  const validate = new Ajv({ allErrors: true, strictTypes: false }).compile(
    object({ services: list(object({ type: { const: 'app' }, data: app })) })
  )
  validate(easypanel)
  t.same(validate.errors, null)
})

// Comments at the top, SERVICE_URL_<NAME>_<PORT> and SERVICE_PASSWORD_64_<NAME>: templates/compose/*.yaml of
// https://github.com/coollabsio/coolify.
t.test('the template of Coolify has its header, a domain and a generated key', async (t) => {
  const text = read('coolify/fastify-instance-events.yaml')
  const header = Object.fromEntries([...text.matchAll(/^# (\w+): (.+)$/gm)].map(([, name, value]) => [name, value]))
  t.match(header, {
    documentation: /^https:/,
    slogan: String,
    category: String,
    tags: String,
    logo: String,
    port: '8080'
  })
  const given = new Map(environments['coolify/fastify-instance-events.yaml'])
  const [name = ''] = Object.keys(compose('coolify/fastify-instance-events.yaml').services)
  t.ok(given.has(`SERVICE_URL_${name.toUpperCase()}_${header.port}`))
  t.match(Object.fromEntries(given), {
    SERVER_URL: `\${SERVICE_URL_${name.toUpperCase()}}`,
    AUTHENTICATION_API_KEY: /^\$\{SERVICE_PASSWORD_64_[A-Z]+\}$/
  })
})

// Required members: AGENTS.md of https://github.com/Dokploy/templates.
t.test('meta.json of Dokploy describes the template of this version', async (t) => {
  const meta = JSON.parse(read('dokploy/meta.json')) as { id: string; logo: string; tags: string[] }
  t.match(meta, { name: String, version, description: String, links: { github: /^https:/ } })
  t.strictSame([meta.id], Object.keys(compose('dokploy/docker-compose.yml').services))
  t.ok(existsSync(path(`dokploy/${meta.logo}`)))
  t.strictSame(
    meta.tags.filter((tag) => tag !== tag.toLowerCase()),
    []
  )
})

/** The TOML file as an object. */
function toml(t: Test, file: string): unknown {
  const program = pythonWith(t, 'tomllib')
  if (program === undefined) return undefined
  const code = 'import json, sys, tomllib; print(json.dumps(tomllib.load(open(sys.argv[1], "rb"))))'
  return JSON.parse(spawnSync(program, ['-c', code, path(file)], { encoding: 'utf8' }).stdout)
}

// Conventions of Compose files and template.toml: AGENTS.md of https://github.com/Dokploy/templates.
t.test(
  'the template of Dokploy gives each variable of its Compose file a value, and the service a domain',
  async (t) => {
    const template = toml(t, 'dokploy/template.toml') as
      | { variables: Record<string, string>; config: { env: string[]; domains: object[] } }
      | undefined
    if (template === undefined) return
    const file = 'dokploy/docker-compose.yml'
    const used = [...read(file).matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name)
    const { variables, config } = template
    t.strictSame(config.env.map((line) => line.split('=')[0]).sort(), used.sort())
    const [name] = Object.keys(compose(file).services)
    t.strictSame(config.domains, [{ serviceName: name, port: 8080, host: '${main_domain}' }])
    const helpers = Object.values(variables)
    t.ok(
      helpers.every((value) => /^\$\{(domain|password:\d+)\}$/.test(value)),
      'Dokploy makes the values'
    )
    const named = [...config.env, '${main_domain}'].flatMap((line) =>
      [...line.matchAll(/\$\{(\w+)\}/g)].map(([, v]) => v)
    )
    t.strictSame([...new Set(named)].sort(), Object.keys(variables).sort())
    t.strictSame(
      ['ports', 'container_name', 'networks'].filter((key) => key in service(file)),
      [],
      'Dokploy sets these'
    )
  }
)
