import { Type, type SchemaOptions, type TSchema } from '@sinclair/typebox'

/** The schema, or null. */
export const Nullable = <T extends TSchema>(schema: T, options?: SchemaOptions) =>
  Type.Union([schema, Type.Null()], options)
