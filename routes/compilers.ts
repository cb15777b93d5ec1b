import type {
  FastifyInstance,
  FastifySchema,
  FastifySchemaCompiler,
  FastifySchemaValidationError,
  FastifySerializerCompiler
} from 'fastify'
import { Ajv, type Options, type ValidateFunction } from 'ajv'
import fastJson from 'fast-json-stringify'

const OPTIONS: Options = { useDefaults: true, strict: false, verbose: true }

type Query = Record<string, unknown>

interface QuerySchema {
  properties?: Record<string, { type?: string }>
}

/** Values in a body up to which all of its faults are reported; with more values, only the first fault is. */
const MAX_VALUES_TOLD = 2_000

/**
 * Sets the validators and serializers of this scope's routes, independent of the host's. A schema is compiled at the first
 * request to its route: all of them together take about 150 ms and 20 MiB, and most servers use a few. The compilers are set
 * on each route, since Fastify replaces those of a scope once the host adds a shared schema.
 */
export function useCompilers(fastify: FastifyInstance): void {
  const first = once(() => new Ajv(OPTIONS))
  const all = once(() => new Ajv({ ...OPTIONS, allErrors: true }))

  const validatorCompiler: FastifySchemaCompiler<FastifySchema> = ({ schema, httpPart }) => {
    const values = httpPart === 'querystring' ? valuesOf(schema as QuerySchema) : []
    const untilFirst = once(() => first().compile(schema as object))
    const throughout = once(() => all().compile(schema as object))
    const validate = (value: unknown) => {
      if (values.length > 0) readTexts(value as Query, values)
      let check: ValidateFunction = untilFirst()
      let passes = check(value)
      // An error for each of a million elements would block the server for seconds.
      if (!passes && hasAtMost(MAX_VALUES_TOLD, value)) {
        check = throughout()
        passes = check(value)
      }
      // Fastify reads the errors from the function that it called.
      validate.errors = check.errors ?? null
      return passes
    }
    validate.errors = null as FastifySchemaValidationError[] | null
    return validate
  }

  const serializerCompiler: FastifySerializerCompiler<unknown> = ({ schema }) => {
    const compiled = once(() => fastJson(schema as fastJson.Schema))
    return (value) => compiled()(value)
  }

  fastify.addHook('onRoute', (route) => {
    route.validatorCompiler = validatorCompiler
    route.serializerCompiler = serializerCompiler
  })
}

/** Returns the members of a query that are no texts. */
function valuesOf({ properties = {} }: QuerySchema): [name: string, isNumber: boolean][] {
  return Object.entries(properties).flatMap(([name, { type }]) =>
    type === 'integer' || type === 'boolean' ? [[name, type === 'integer']] : []
  )
}

/** Replaces the texts of whole numbers and booleans by their values; the schema refuses what it leaves, such as `0x1`. */
function readTexts(query: Query, values: readonly [name: string, isNumber: boolean][]): void {
  for (const [name, isNumber] of values) {
    const text = query[name]
    if (typeof text !== 'string') continue
    if (isNumber && /^-?\d+$/.test(text)) query[name] = Number(text)
    if (!isNumber && (text === 'true' || text === 'false')) query[name] = text === 'true'
  }
}

/** True if a value contains at most this many values. Looks at no more than that. */
function hasAtMost(count: number, value: unknown): boolean {
  let left = count
  const waiting = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null) continue
    for (const member in next) {
      if (left-- === 0) return false
      waiting.push((next as Record<string, unknown>)[member])
    }
  }
  return true
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
