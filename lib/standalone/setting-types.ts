import { Type } from '@sinclair/typebox'

// Schemas of single settings. `description` completes the error message of a wrong value: "… expected <description>".

export const text = (description: string) => Type.Optional(Type.String({ description }))
export const flag = (value: boolean) => Type.Boolean({ default: value, description: 'true or false' })
const whole = ({ min = 1, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number }) => ({
  minimum: min,
  maximum: max,
  description: max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`
})
export const count = (value: number, limits: { min?: number; max?: number } = {}) =>
  Type.Integer({ default: value, ...whole(limits) })
export const optionalCount = (limits: { min?: number; max: number }) => Type.Optional(Type.Integer(whole(limits)))
// env-schema splits the text at `separator`, so the value is a list.
export const list = (description: string, value = '') =>
  Type.Unsafe<string[]>({ type: 'string', separator: ',', default: value, description })
export const oneOf = <const T extends readonly string[]>(values: T, value: T[number]) =>
  Type.Unsafe<T[number]>({
    type: 'string',
    enum: [...values],
    default: value,
    description: `one of ${values.join(', ')}`
  })
