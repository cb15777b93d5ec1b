import { Type, type SchemaOptions } from '@sinclair/typebox'

/** One of some texts. */
export const oneOf = <const T extends readonly string[]>(texts: T, options: SchemaOptions = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: texts, ...options })
