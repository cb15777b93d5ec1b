import type { FastifyInstance, FastifySchemaValidationError } from 'fastify'
import { Ajv, type Options, type ValidateFunction } from 'ajv'
import fastJson from 'fast-json-stringify'

const COMMON: Options = { allErrors: true, useDefaults: true, strict: false, verbose: true }

/**
 * Validators and serializers of this scope, whatever the host's are. A schema is compiled when its route is first asked:
 * all of them together take about 150 ms and 20 MiB, and most servers use a few.
 */
export function useCompilers(fastify: FastifyInstance): void {
  const bodies = once(() => new Ajv({ ...COMMON, coerceTypes: false }))
  const urls = once(() => new Ajv({ ...COMMON, coerceTypes: true }))

  fastify.setValidatorCompiler(({ schema, httpPart }) => {
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
  })

  fastify.setSerializerCompiler(({ schema }) => {
    const compiled = once(() => fastJson(schema as fastJson.Schema))
    return (value) => compiled()(value)
  })
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
