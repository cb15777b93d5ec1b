// SQS refuses the noncharacters U+FFFE and U+FFFF. AWS accepts surrogate pairs, but emulators check UTF-16 units and refuse
// both halves. As JSON escapes, all of them are accepted and mean the same text.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const UNSAFE_FOR_SQS = /[\uD800-\uDFFF\uFFFE\uFFFF]/
const UNSAFE_FOR_SQS_ALL = /[\uD800-\uDFFF\uFFFE\uFFFF]+/g

/** Returns the same JSON as text that SQS accepts. */
export function escapeForSqs(json: string): string {
  return UNSAFE_FOR_SQS.test(json) ? json.replace(UNSAFE_FOR_SQS_ALL, escapeUnits) : json
}

function escapeUnits(text: string): string {
  let escaped = ''
  // All of them have four digits.
  for (let index = 0; index < text.length; index++) escaped += `\\u${text.charCodeAt(index).toString(16)}`
  return escaped
}
