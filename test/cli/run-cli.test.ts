import { readFileSync } from 'node:fs'
import t from 'tap'
import { Interrupted } from '../../lib/cli/failure.ts'
import { packageVersion } from '../../lib/package-version.ts'
import { cli } from '../support/cli.ts'

const COMMANDS = ['serve', 'tail', 'send', 'instances', 'set', 'deadletters', 'migrate', 'check-config']
const SUBCOMMANDS = [
  ['instances', 'create'],
  ['instances', 'delete'],
  ['instances', 'token'],
  ['deadletters', 'redrive'],
  ['deadletters', 'discard']
]
const EVERY = [[], ...COMMANDS.map((name) => [name]), ...SUBCOMMANDS]

t.test('every command has help with an example, and docs/cli.md repeats it', async (t) => {
  const reference = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  for (const command of EVERY) {
    const { code, out, error } = await cli([...command, '--help'])
    const name = command.join(' ') || 'the program'
    t.same({ code, error }, { code: 0, error: '' }, name)
    t.match(out, /\n {2}\$ npx fastify-instance-events/, `${name} has an example`)
    t.notOk(
      out
        .split('\n')
        .slice(1)
        .some((line) => line.length > 100),
      `${name} fits into 100 columns`
    )
    t.ok(reference.includes(`\n\`\`\`\n${out}\n\`\`\`\n`), `${name} in docs/cli.md: run node scripts/cli-reference.ts`)
  }
  t.match(await cli(['help', 'tail']), { code: 0, out: /^Usage: fastify-instance-events tail/ })
  t.match(await cli(['help']), { code: 0, out: /^Usage: fastify-instance-events \[options\] \[command\]/ })
  t.same((await cli(['--version'])).out, packageVersion())
})

t.test('without a command it serves', async (t) => {
  let served = 0
  const serve = async () => void served++
  t.match(await cli([], { serve }), { code: 0, out: '', error: '' })
  t.match(await cli(['serve'], { serve }), { code: 0 })
  t.equal(served, 2)
  t.match(await cli(['serve', 'now'], { serve }), { code: 2, error: /too many arguments/ })
  t.equal(served, 2)
})

t.test('what is misspelt is told of, with what was meant', async (t) => {
  const wrong: [string[], RegExp][] = [
    [
      ['tial'],
      /^error: unknown command 'tial'\n\(Did you mean tail\?\)\n\nUsage: .*\nMore: fastify-instance-events --help$/
    ],
    [
      ['instances', 'craete', 'x'],
      /unknown command 'craete'\n\(Did you mean create\?\)[^]+More: fastify-instance-events instances --help/
    ],
    [['deadletters', 'everything'], /^error: unknown command 'everything'\n\nUsage/],
    [['tail', '--event', 'call'], /unknown option '--event'\n\(Did you mean --events\?\)/],
    [['set', 'kafka', 'sales'], /Allowed choices are sqs, websocket/],
    [['set', 'sqs', 'sales', '--all', '--off'], /'--all' cannot be used with option '--off'/],
    [['tail', '--since', 'yesterday'], /"yesterday" is no offset/],
    [['deadletters', '--limit', '2000'], /"2000" is no whole number from 1 to 1000/],
    [['send', 'sales', 'call', '1', '--wait', '-1'], /"-1" is no whole number from 0/]
  ]
  for (const [args, error] of wrong) t.match(await cli(args), { code: 2, out: '', error }, args.join(' '))
})

t.test('what is neither expected nor asked for is a fault, with its stack', async (t) => {
  const serve = async () => {
    throw new Error('of a new kind')
  }
  t.match(await cli([], { serve }), { code: 1, error: /^Error: of a new kind\n +at / })
  const aborted = AbortSignal.abort(new Error('not by a signal'))
  t.match(await cli([], { serve, signal: aborted }), { code: 1, error: /of a new kind/ })
  const interrupted = AbortSignal.abort(new Interrupted(143))
  t.match(await cli([], { serve, signal: interrupted }), { code: 143, error: '' })
})
