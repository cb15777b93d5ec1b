import { withMessages } from '../error-class.ts'
import { FilterInvalidError } from '../errors.ts'

/** What can be wrong with a filter or with omitted members, by code. `field` is the place of the fault. */
const SENTENCES = {
  filterNotObject: (field) => `${field} must be an object, such as {"key":{"fromMe":[false]}}`,
  filterHasEventName: (field, key, name) =>
    `${field} has the name of an event: write its key, ${key} instead of "${name}"`,
  filterMixed: (field) => `${field} must have event keys only, such as MESSAGES_UPSERT, or members of data only`,
  filterTooLong: (field, limit) => `${field} must have at most ${limit} characters as JSON`,
  filterTooDeep: (field, limit) => `${field} must have at most ${limit} levels of objects`,
  filterTooManyConditions: (field, limit) => `${field} must have at most ${limit} conditions`,
  policyEmpty: (field) => `${field} must be an object with at least one member, such as {"fromMe":[false]}`,
  choiceTooShort: (field) => `${field} must be a list of at least two policies`,
  listEmpty: (field) => `${field} must have at least one condition, such as ["text"]`,
  memberInvalid: (field) => `${field} must be a list of conditions, such as ["text"], or an object of members`,
  conditionInvalid: (field, operators) =>
    `${field} must be a string, a number, true, false, null, or an object with one of ${operators}`,
  existsNotBoolean: (field) => `${field} must be true or false`,
  textEmpty: (field) => `${field} must be a string that is not empty`,
  textsEmpty: (field) => `${field} must be a string or a list of strings`,
  anythingButObject: (field, operators) => `${field} must be values, or an object with one of ${operators}`,
  anythingButValues: (field) => `${field} must be a string, a number, or a list of them`,
  numericInvalid: (field) => `${field} must be one or two comparisons, such as ["=", 1] or [">=", 1, "<", 10]`,
  numberTooLarge: (field) => `${field} has a number of 1e308 or more: use a smaller one`,
  omitNotList: (field, limit) => `${field} must be a list of at most ${limit} paths, such as ["data.message.base64"]`,
  omitNotPath: (field) => `${field} must be the path of a member of data, such as data.message.base64`
} as const satisfies Record<string, (field: string, ...values: (string | number)[]) => string>

export type FilterFaultCode = keyof typeof SENTENCES

/** The error of a fault. @param values as the sentence of its code takes them */
export function filterFault<Code extends FilterFaultCode>(
  code: Code,
  ...[field, ...values]: Parameters<(typeof SENTENCES)[Code]>
): FilterInvalidError {
  // The compiler does not relate a code to its own sentence.
  const sentence = SENTENCES[code] as (field: string, ...values: (string | number)[]) => string
  const message = sentence(field, ...values)
  return withMessages(new FilterInvalidError(message), [message], [{ code, field, values }])
}
