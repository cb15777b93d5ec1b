import type { Static, TObject } from '@sinclair/typebox'
import { TypeCompiler, type ValueError, ValueErrorType } from '@sinclair/typebox/compiler'
import { OptionsInvalidError } from '../errors.ts'

// Fastify hands plugins its own `register` options as well; they are not ours to check.
const REGISTER_OPTIONS = new Set(['prefix', 'logLevel', 'logSerializers'])

/**
 * A checker of a plugin's options.
 * @throws {OptionsInvalidError} naming the plugin, the option, and what it takes
 */
export function optionsChecker<T extends TObject>(plugin: string, schema: T): (options: object) => Static<T> {
  const compiled = TypeCompiler.Compile(schema)
  const known = Object.keys(schema.properties)
  return (options) => {
    const own = Object.fromEntries(
      Object.entries(options).filter(([name]) => known.includes(name) || !REGISTER_OPTIONS.has(name))
    )
    if (compiled.Check(own)) return own
    // What does not pass has a first fault.
    throw new OptionsInvalidError(`${plugin} plugin: ${describe(compiled.Errors(own).First() as ValueError)}`)
  }
}

function describe({ path, message, type, schema, errors }: ValueError): string {
  const option = path.slice(1).replaceAll('/', '.')
  if (type === ValueErrorType.ObjectAdditionalProperties)
    return `${option} is no option; there are ${Object.keys((schema as TObject).properties).join(', ')}`
  if (type !== ValueErrorType.Union) return `${option}: ${message}`
  // None of the branches took it, so each has a first fault. One that lies deeper tells more than the choice does.
  const branches = errors.map((branch) => branch.First() as ValueError)
  const deeper = branches.find((fault) => fault.path !== path)
  if (deeper) return describe(deeper)
  return `${option}: Expected ${branches.map((fault) => fault.message.replace(/^Expected /, '')).join(' or ')}`
}
