import { globSync, readFileSync } from 'node:fs'
import * as s3 from '@aws-sdk/client-s3'
import * as sqs from '@aws-sdk/client-sqs'
import t from 'tap'

interface Statement {
  Sid: string
  Effect: string
  Action: string | string[]
  Resource: string | string[]
}

const root = new URL('../../', import.meta.url)
const markdown = readFileSync(new URL('docs/aws.md', root), 'utf8')

/** The actions that the policies under a heading allow, without those of KMS: SQS and S3 call KMS, our code never does. */
function allowed(heading: string): string[] {
  const section = new RegExp(`^#+ ${heading}$([^]*?)(?=^#+ |$(?![^]))`, 'm').exec(markdown)?.[1] ?? ''
  const policies = [...section.matchAll(/```json\n([^]*?)```/g)].map(
    ([, text = '']) => JSON.parse(text) as { Version: string; Statement: Statement[] }
  )
  return [...new Set(policies.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)))]
    .filter((action) => !action.startsWith('kms:'))
    .sort()
}

/** The actions of calls that need others than the one of the same name. */
const RIGHTS: Record<string, string[]> = {
  SendMessageBatch: ['sqs:SendMessage'],
  HeadObject: ['s3:GetObject'],
  // Queues are tagged as they are created.
  CreateQueue: ['sqs:CreateQueue', 'sqs:TagQueue']
}

/** The actions that the commands in our sources need. */
function needed(): string[] {
  const files = globSync(['app.ts', 'server.ts', 'lib/**/*.ts', 'plugins/**/*.ts', 'routes/**/*.ts'], { cwd: root })
  const commands = files.flatMap((path) =>
    [...readFileSync(new URL(path, root), 'utf8').matchAll(/new (\w+)Command\(/g)].map(([, name = '']) => name)
  )
  return [
    ...new Set(
      commands.flatMap((name) => {
        const service = `${name}Command` in sqs ? 'sqs' : `${name}Command` in s3 ? 's3' : 'unknown'
        return RIGHTS[name] ?? [`${service}:${name}`]
      })
    )
  ].sort()
}

t.test('the policies of docs/aws.md allow the calls that the code makes and no others', async (t) => {
  const all = [...allowed('Runtime'), ...allowed('Provisioning'), ...allowed('Deleting')]
  t.same(all.sort(), needed())
})

t.test('sending, creating queues and deleting queues have a policy each', async (t) => {
  t.same(allowed('Runtime'), [
    's3:DeleteObject',
    's3:GetObject',
    's3:PutObject',
    'sqs:GetQueueAttributes',
    'sqs:GetQueueUrl',
    'sqs:SendMessage'
  ])
  t.same(allowed('Provisioning'), ['sqs:CreateQueue', 'sqs:TagQueue'])
  t.same(allowed('Deleting'), ['sqs:DeleteQueue', 'sqs:ListQueueTags'])
  t.notOk(allowed('Consumers').includes('sqs:SendMessage'))
})

t.test('no policy allows every action, every queue or every bucket', async (t) => {
  const blocks = [...markdown.matchAll(/```json\n([^]*?)```/g)].map(([, text = '']) => JSON.parse(text) as object)
  const statements = blocks.flatMap((block) => ('Statement' in block ? (block.Statement as Statement[]) : []))
  t.ok(statements.length >= 7)
  const resource = /^arn:aws:(sqs|kms):sa-east-1:111122223333:.|^arn:aws:s3:::my-bucket\/./
  const wrong = statements.filter(
    ({ Effect, Action, Resource }) =>
      Effect !== 'Allow' ||
      [Action].flat().some((action) => !/^(sqs|s3|kms):\w+$/.test(action)) ||
      [Resource].flat().some((arn) => !resource.test(arn) || /(:|my-bucket\/)\*$/.test(arn))
  )
  t.strictSame(wrong, [])
})
