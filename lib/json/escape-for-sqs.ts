// SQS refuses the noncharacters U+FFFE and U+FFFF, and lone surrogates. AWS accepts surrogate pairs, but emulators check
// UTF-16 units and refuse both halves. As JSON escapes, all of them are accepted and mean the same text.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const UNSAFE_FOR_SQS = /[\uD800-\uDFFF\uFFFE\uFFFF]/
const UNSAFE_FOR_SQS_ALL = /[\uD800-\uDFFF\uFFFE\uFFFF]+/g
/** With `u`, a pair is one character, and only surrogates without their other half match. */
const REFUSED_BY_AWS = /[\uD800-\uDFFF\uFFFE\uFFFF]+/gu

/** Returns the same JSON as text that SQS and its emulators accept. An emoji takes three times its bytes. */
export function escapeForSqs(json: string): string {
  return UNSAFE_FOR_SQS.test(json) ? json.replace(UNSAFE_FOR_SQS_ALL, escapeUnits) : json
}

/** Returns the same JSON as text that AWS accepts, in the fewest bytes. */
export function escapeForAws(json: string): string {
  return json.replace(REFUSED_BY_AWS, escapeUnits)
}

function escapeUnits(text: string): string {
  let escaped = ''
  // All of them have four digits.
  for (let index = 0; index < text.length; index++) escaped += `\\u${text.charCodeAt(index).toString(16)}`
  return escaped
}
