// SQS refuses the noncharacters raw. Half of a pair is fine for AWS, but emulators count UTF-16 units and refuse both
// halves; a JSON escape is the same text to every reader.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const UNSAFE_FOR_SQS = /[\uD800-\uDFFF\uFFFE\uFFFF]/
const UNSAFE_FOR_SQS_ALL = /[\uD800-\uDFFF\uFFFE\uFFFF]/g

/** JSON text whose every character SQS accepts. Means the same JSON. */
export function escapeForSqs(json: string): string {
  if (!UNSAFE_FOR_SQS.test(json)) return json
  return json.replace(UNSAFE_FOR_SQS_ALL, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
