import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { API_KEY, folder } from '../support/build.ts'
import { compose, path, read, type Service, service, settings, SWARM } from '../support/deploy-files.ts'
import { startProgram } from '../support/interpreters.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { haveProgram } from '../support/programs.ts'
import { call } from '../support/standalone.ts'

const SERVER = fileURLToPath(new URL('../../server.ts', import.meta.url))

for (const file of SWARM) {
  t.test(`secrets of ${file} are external, and mounted where the settings say`, async (t) => {
    const { secrets = [], environment } = service(file)
    const files = settings(environment).filter(([name]) => name.endsWith('_FILE'))
    t.strictSame(files.map(([, value]) => value.replace('/run/secrets/', '')).sort(), [...secrets].sort())
    t.strictSame(compose(file).secrets, Object.fromEntries(secrets.map((name) => [name, { external: true }])))
  })

  t.test(`messages of missing variables in ${file} have no hyphen, which Docker takes for a default`, async (t) => {
    t.notMatch(read(file), /\$\{\w+:\?[^}]*-/)
  })

  t.test(`Docker reads ${file}, and puts in the values of its variables`, async (t) => {
    if (!haveProgram(t, 'docker')) return
    const env = { IMAGE: 'a/b:1', DOMAIN: 'events.example.com', SQS_REGION: 'sa-east-1', NODE: 'node-7' }
    const config = (given: object) =>
      spawnSync('docker', ['stack', 'config', '--compose-file', path(file)], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, ...given }
      })
    const { status, stdout, stderr } = config(env)
    t.equal(status, 0, stderr)
    const { server } = (parse(stdout) as { services: { server: Service } }).services
    t.match(server, {
      image: 'a/b:1',
      environment: { SQS_REGION: 'sa-east-1', SERVER_URL: 'https://events.example.com' },
      deploy: {
        labels: {
          'traefik.http.routers.instance-events.rule':
            'Host(`events.example.com`) && !Path(`/metrics`) && !Path(`/ready`)'
        }
      }
    })
    const message = `${config({}).stderr}`
    t.match(message, /required variable \w+ is missing a value: the /)
  })
}

t.test('in a Swarm, only connections that poll are kept at one server, and one server has a SQLite file', async (t) => {
  const deployed = (file: string) => {
    const { replicas, update_config, labels } = service(file).deploy as NonNullable<Service['deploy']>
    const pairs = labels.map((label) => [label.slice(0, label.indexOf('=')), label.slice(label.indexOf('=') + 1)])
    return { replicas, order: update_config.order, labels: Object.fromEntries(pairs) as Record<string, string> }
  }
  const sqlite = deployed('swarm/stack.yml')
  const postgres = deployed('swarm/stack.postgres.yml')
  t.match(
    [sqlite, postgres],
    [
      { replicas: 1, order: 'stop-first' },
      { replicas: 2, order: 'start-first' }
    ]
  )
  const rest = ({ labels }: typeof sqlite) => Object.keys(labels).filter((name) => name.includes('sticky'))
  t.strictSame(rest(sqlite), [])
  t.ok(rest(postgres).length > 0)
  t.ok(rest(postgres).every((name) => name.startsWith('traefik.http.services.instance-events-polling.')))
  const router = 'traefik.http.routers.instance-events'
  // As in deploy/haproxy/haproxy.cfg. Matchers:
  // https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/
  t.match(postgres.labels, {
    [`${router}.service`]: 'instance-events',
    [`${router}-polling.service`]: 'instance-events-polling',
    [`${router}-polling.rule`]:
      'Host(`${DOMAIN}`) && PathPrefix(`/socket.io/`) && (Query(`transport`, `polling`) || QueryRegexp(`sid`, `.+`))'
  })
  t.notOk(`${router}.priority` in postgres.labels, 'the router of polling comes first')
  for (const { labels } of [sqlite, postgres])
    t.match(labels, {
      [`${router}.entrypoints`]: 'websecure',
      [`${router}.tls.certresolver`]: /^\$/,
      'traefik.enable': 'true'
    })
})

t.test('on PostgreSQL the server works with the permissions of stack.postgres.yml', async (t) => {
  if (!(await havePostgres(t))) return
  const { url } = await startDatabase(t)
  const { command = [] } = service('swarm/stack.postgres.yml')
  t.strictSame([command[0], command.at(-1)], ['node', 'dist/server.js'])
  const secret = (value: string) => {
    const file = join(folder(t), 'secret')
    writeFileSync(file, `${value}\n`)
    return file
  }
  // tap adds NODE_OPTIONS, whose modules are not permitted.
  const args = ['-u', 'NODE_OPTIONS', process.execPath, ...command.slice(1, -1), SERVER]
  const { printed, output, ended, stop } = startProgram(t, {
    program: 'env',
    args,
    env: {
      SERVER_PORT: '0',
      SQS_ENABLED: 'false',
      AUTHENTICATION_API_KEY_FILE: secret(API_KEY),
      DATABASE_URL_FILE: secret(url)
    }
  })
  await printed(/fastify-instance-events is ready[^]*\n\n/)
  const [, address] = /HTTP API +(\S+)/.exec(output()) ?? []
  const body = { event: 'call', data: {} }
  t.match(await call(`${address}/events/sales`, { method: 'POST', key: API_KEY, body }), { status: 202 })
  t.match(await call(`${address}/ready`), { status: 200 })
  stop()
  t.equal(await ended(), 0)
})
