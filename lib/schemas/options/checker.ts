import type { Static, TObject } from '@sinclair/typebox'
import { TypeCompiler, type ValueError, ValueErrorType } from '@sinclair/typebox/compiler'
import { OptionsInvalidError } from '../../errors.ts'

/** Options of `register` itself, which Fastify passes on to the plugin. */
const REGISTER_OPTIONS = new Set(['prefix', 'logLevel', 'logSerializers'])

/**
 * Compiles a function that checks a plugin's options and returns them without those of Fastify's `register`.
 * @throws {OptionsInvalidError} naming the plugin, the first wrong option and the values that it accepts
 */
export function optionsChecker<T extends TObject>(plugin: string, schema: T): (options: object) => Static<T> {
  const compiled = TypeCompiler.Compile(schema)
  const known = Object.keys(schema.properties)
  return (options) => {
    const own = Object.fromEntries(
      Object.entries(options).filter(([name]) => known.includes(name) || !REGISTER_OPTIONS.has(name))
    )
    if (compiled.Check(own)) return own
    // Options that fail the check have at least one error.
    throw new OptionsInvalidError(`${plugin} plugin: ${describe(compiled.Errors(own).First() as ValueError)}`)
  }
}

function describe({ path, message, type, schema, errors }: ValueError): string {
  const option = path.slice(1).replaceAll('/', '.')
  if (type === ValueErrorType.ObjectAdditionalProperties)
    return `${option} is not an option; the options are ${Object.keys((schema as TObject).properties).join(', ')}`
  if (type !== ValueErrorType.Union) return `${option}: ${message}`
  // Every branch of the union failed, so each has a first error. An error inside of a branch is more precise than the choice.
  const branches = errors.map((branch) => branch.First() as ValueError)
  const deeper = branches.find((fault) => fault.path !== path)
  if (deeper) return describe(deeper)
  return `${option}: Expected ${branches.map((fault) => fault.message.replace(/^Expected /, '')).join(' or ')}`
}
