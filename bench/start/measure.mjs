// A process of its own, in JavaScript, as apps load the package: TypeScript would be stripped here, and count.
// Takes options of the root plugin as JSON, or nothing: then it measures Fastify alone. Prints what it measured as JSON.
const [options] = process.argv.slice(2)
const cpu = () => process.cpuUsage().user + process.cpuUsage().system
const now = () => ({ wall: performance.now(), cpu: cpu() / 1_000 })

const begun = now()
const { default: Fastify } = await import('fastify')
const app = options && (await import('../../dist/app.js')).default
const imported = now()

const server = Fastify()
server.get('/bare', async () => 'bare')
if (app) await server.register(app, JSON.parse(options))
await server.ready()
const ready = now()

const { rss } = process.memoryUsage()
if (app && (await server.inject('/health')).statusCode !== 200) throw new Error('It is not healthy')
await server.close()
console.log(
  JSON.stringify({
    'import ms': imported.wall - begun.wall,
    'import CPU ms': imported.cpu - begun.cpu,
    'ready ms': ready.wall - imported.wall,
    'ready CPU ms': ready.cpu - imported.cpu,
    'RSS MiB': rss / 1_048_576
  })
)
process.exit()
