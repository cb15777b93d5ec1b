import type {
  FastifyInstance,
  FastifySchema,
  FastifySchemaCompiler,
  FastifySchemaValidationError,
  FastifySerializerCompiler
} from 'fastify'
import { Ajv, type Options, type ValidateFunction } from 'ajv'
import fastJson from 'fast-json-stringify'

const COMMON: Options = { useDefaults: true, strict: false, verbose: true }
/** Values that something may hold and have each of its faults told; of more, the first fault is. */
const MAX_VALUES_TOLD = 2_000

/**
 * Validators and serializers of this scope's routes, whatever the host's are. A schema is compiled when its route is first
 * asked: all of them together take about 150 ms and 20 MiB, and most servers use a few. Each route gets its compilers by
 * itself, since those of a scope are made anew once the host adds a shared schema.
 */
export function useCompilers(fastify: FastifyInstance): void {
  const bodies = compilersOf({ ...COMMON, coerceTypes: false })
  const urls = compilersOf({ ...COMMON, coerceTypes: true })

  const validatorCompiler: FastifySchemaCompiler<FastifySchema> = ({ schema, httpPart }) => {
    const { first, all } = httpPart === 'body' ? bodies : urls
    const untilFirst = once(() => first().compile(schema as object))
    const throughout = once(() => all().compile(schema as object))
    const validate = (value: unknown) => {
      let check: ValidateFunction = untilFirst()
      let passes = check(value)
      // An error for each of a million elements would stop the server for seconds.
      if (!passes && hasAtMost(MAX_VALUES_TOLD, value)) {
        check = throughout()
        passes = check(value)
      }
      // Fastify reads them from the function that it called.
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

function compilersOf(options: Options) {
  return { first: once(() => new Ajv(options)), all: once(() => new Ajv({ ...options, allErrors: true })) }
}

/** Whether there are no more values in it than this; looks at no more than that. */
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
