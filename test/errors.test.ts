import t from 'tap'
import { errors } from '../app.ts'
import { tsc } from './support/tsc.ts'

t.test('every error class has its own name, and so have its errors', async (t) => {
  const classes = Object.entries(errors).filter(([name]) => name.endsWith('Error'))
  t.ok(classes.length > 20)
  const names = classes.map(([name, value]) => {
    // Those of this name are classes; the values for their messages are of no concern here.
    const Class = value as unknown as new () => Error
    const error = new Class()
    return [name, Class.name, error.name, error.constructor.name, error.stack?.split(/[: ]/, 1)[0]]
  })
  t.same(
    names,
    classes.map(([name]) => [name, name, name, name, name])
  )
})

t.test('an error is an instance of its class alone, and tells its code and cause', async (t) => {
  const cause = new Error('locked')
  const error: errors.StoreLockedError = new errors.StoreLockedError('events.db', { cause })
  t.ok(error instanceof errors.StoreLockedError)
  t.ok(error instanceof Error)
  t.notOk(error instanceof errors.StoreUnusableError)
  t.match(error, { code: 'IEV_STORE_LOCKED', statusCode: 500, message: /^The database events\.db is in use/, cause })
  t.match(String(error), /^StoreLockedError \[IEV_STORE_LOCKED\]: The database/)
  t.match(
    error.stack,
    /^StoreLockedError: The database.*\n\s+at .*errors\.test\.ts/,
    'the stack begins where it is made'
  )
})

t.test('`errors` has classes and codes, and nothing else', async (t) => {
  const others = Object.entries(errors).filter(
    ([name, value]) => !name.endsWith('Error') && !(typeof value === 'string' && value.startsWith('IEV_'))
  )
  t.same(others, [])
})

const CONSUMER = `
import * as errors from './dist/lib/errors.js'
const error = new errors.UnauthorizedError('no key')
export const code: 'IEV_UNAUTHORIZED' = error.code
export const typed: errors.UnauthorizedError = error
// @ts-expect-error a code is text
export const n: number = error.code
// @ts-expect-error the message takes a value
new errors.UnauthorizedError()
// @ts-expect-error the message takes one value
new errors.UnauthorizedError('no', 'key')
export function answer(error: unknown): number {
  return error instanceof errors.BackpressureError ? error.statusCode : 500
}
// @ts-expect-error only ours to use
errors.withMessages(error, [])
`

t.test('the types of errors hold in an app, however it resolves modules', async (t) => {
  const folder = t.testdir({ 'package.json': '{"type":"module"}', 'consumer.ts': CONSUMER })
  const compile = (options: string, file: string) =>
    tsc('--ignoreConfig', '--target', 'es2024', ...options.split(' '), file)
  const emit = '--declaration --emitDeclarationOnly --rewriteRelativeImportExtensions --types node --module nodenext'
  t.equal(await compile(`${emit} --rootDir . --outDir ${folder}/dist`, 'lib/errors.ts'), '')
  for (const resolution of ['--module nodenext', '--module esnext --moduleResolution bundler']) {
    const strict = `--noEmit --strict --skipLibCheck false ${resolution}`
    t.equal(await compile(strict, `${folder}/consumer.ts`), '', resolution)
  }
})
