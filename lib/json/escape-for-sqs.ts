// SQS refuses the noncharacters U+FFFE and U+FFFF. AWS accepts surrogate pairs, but emulators check UTF-16 units and refuse
// both halves. As JSON escapes, all of them are accepted and mean the same text.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const UNSAFE_FOR_SQS = /[\uD800-\uDFFF\uFFFE\uFFFF]/
const UNSAFE_FOR_SQS_ALL = /[\uD800-\uDFFF\uFFFE\uFFFF]/g

/** Returns the same JSON as text that SQS accepts. */
export function escapeForSqs(json: string): string {
  if (!UNSAFE_FOR_SQS.test(json)) return json
  return json.replace(UNSAFE_FOR_SQS_ALL, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
