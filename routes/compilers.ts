import type {
  FastifyInstance,
  FastifySchema,
  FastifySchemaCompiler,
  FastifySchemaValidationError,
  FastifySerializerCompiler
} from 'fastify'
import { Ajv, type Options, type ValidateFunction } from 'ajv'
import fastJson from 'fast-json-stringify'

const COMMON: Options = { allErrors: true, useDefaults: true, strict: false, verbose: true }

/**
 * Validators and serializers of this scope's routes, whatever the host's are. A schema is compiled when its route is first
 * asked: all of them together take about 150 ms and 20 MiB, and most servers use a few. Each route gets its compilers by
 * itself, since those of a scope are made anew once the host adds a shared schema.
 */
export function useCompilers(fastify: FastifyInstance): void {
  const bodies = once(() => new Ajv({ ...COMMON, coerceTypes: false }))
  const urls = once(() => new Ajv({ ...COMMON, coerceTypes: true }))

  const validatorCompiler: FastifySchemaCompiler<FastifySchema> = ({ schema, httpPart }) => {
    const compiled = once(() => (httpPart === 'body' ? bodies() : urls()).compile(schema as object))
    const validate = (value: unknown) => {
      const check: ValidateFunction = compiled()
      const passes = check(value)
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

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
