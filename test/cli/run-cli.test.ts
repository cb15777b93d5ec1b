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
  ['deadletters', 'groups'],
  ['deadletters', 'redrive'],
  ['deadletters', 'discard']
]
const EVERY = [[], ...COMMANDS.map((name) => [name]), ...SUBCOMMANDS]

t.test('every command has help with an example, which docs/cli.md repeats', async (t) => {
  const reference = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  const helps = await Promise.all(
    EVERY.map(async (command) => {
      const { code, out, error } = await cli([...command, '--help'])
      const [, ...lines] = out.split('\n')
      return {
        command,
        code,
        error,
        example: /\n {2}\$ npx fastify-instance-events/.test(out),
        tooLong: lines.filter((line) => line.length > 100),
        // If not: run scripts/cli-reference.ts
        inReference: reference.includes(`\n\`\`\`\n${out}\n\`\`\`\n`)
      }
    })
  )
  t.strictSame(
    helps,
    EVERY.map((command) => ({ command, code: 0, error: '', example: true, tooLong: [], inReference: true }))
  )
  t.match(await cli(['help', 'tail']), { code: 0, out: /^Usage: fastify-instance-events tail/ })
  t.match(await cli(['help']), { code: 0, out: /^Usage: fastify-instance-events \[options\] \[command\]/ })
  t.same((await cli(['--version'])).out, packageVersion())
})

t.test('the default command is serve', async (t) => {
  let served = 0
  const serve = async () => void served++
  t.match(await cli([], { serve }), { code: 0, out: '', error: '' })
  t.match(await cli(['serve'], { serve }), { code: 0 })
  t.equal(served, 2)
  t.match(await cli(['serve', 'now'], { serve }), { code: 2, error: /too many arguments/ })
  t.equal(served, 2)
})

t.test('misspelt commands and options are errors with the nearest name', async (t) => {
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
    [['tail', '--since', 'yesterday'], /"yesterday" is neither an offset/],
    [['deadletters', '--limit', '2000'], /"2000" is not a whole number from 1 to 1000/],
    [['send', 'sales', 'call', '1', '--wait', '-1'], /"-1" is not a whole number from 0/]
  ]
  t.match(
    await Promise.all(wrong.map(([args]) => cli(args))),
    wrong.map(([, error]) => ({ code: 2, out: '', error }))
  )
})

t.test('an unexpected error is printed with its stack', async (t) => {
  const serve = async () => {
    throw new Error('of a new kind')
  }
  t.match(await cli([], { serve }), { code: 1, error: /^Error: of a new kind\n +at / })
  const aborted = AbortSignal.abort(new Error('not by a signal'))
  t.match(await cli([], { serve, signal: aborted }), { code: 1, error: /of a new kind/ })
  const interrupted = AbortSignal.abort(new Interrupted(143))
  t.match(await cli([], { serve, signal: interrupted }), { code: 143, error: '' })
})
