import * as fc from 'fast-check'
import { loadConfig } from '../../lib/standalone/config.ts'
import { EnvSchema } from '../../lib/standalone/settings.ts'
import { ConfigInvalidError } from '../../lib/errors.ts'

const NAMES = [
  ...Object.keys(EnvSchema.properties),
  ...'SQS_GLOBAL_CALL SQS_GLOBAL_NO_SUCH AWS_REGION AWS_ACCESS_KEY_ID HTTPS_PROXY SERVER_PROT __proto__ constructor'.split(
    ' '
  )
]
const WITHOUT_BLANKS =
  `true false TRUE 0 1 -1 1e999 8080 65536 1.5 NaN 0x10 * , ,, " "x" 'true' http:// http://[ http://[::1]:9 file: file:x
  :memory: postgres:// postgres://u:p@ss/w@h/d postgres://@/d postgres://h:99999/d us-east-1 10.0.0.0/8 10.0.0.0/99 ::1/129
  loopback ERROR,WARN error CALL,NO_SUCH __proto__ [] {} null \\ ( %zz`.split(/\s+/)
const VALUES = [...WITHOUT_BLANKS, '', ' ', 'a\r', '\u0000', '\ufeff1', 'https://a b', 'US East (N. Virginia)']
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...VALUES), { maxLength: 5 }).map((parts) => parts.join()) }
)

export const environment: fc.Arbitrary<[string, string][]> = fc.array(fc.tuple(fc.constantFrom(...NAMES), value), {
  maxLength: 8
})

/** Reads the settings. @throws {Error} they are refused by another error than a ConfigInvalidError that names variables */
export function readSettings(entries: [string, string][]): void {
  // In an environment `__proto__` is a name like others.
  const env: Record<string, string> = {}
  for (const [name, text] of entries)
    Object.defineProperty(env, name, { value: text, enumerable: true, configurable: true })
  try {
    loadConfig(env)
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error
    const { messages = [error.message] } = error as { messages?: string[] }
    const unnamed = messages.find((message) => !/^[A-Z][A-Z0-9_]+: ./.test(message))
    if (unnamed !== undefined) throw new Error(`No variable is named: ${unnamed}`, { cause: error })
  }
}
