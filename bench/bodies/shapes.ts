/** A body of about 10 MB, and what is to be answered to it. */
export interface Shape {
  title: string
  path: string
  status: 202 | 400
  body: () => string
}

const BYTES = 9_900_000

function accepted(title: string, body: () => string): Shape {
  return { title, path: '/events/bench', status: 202, body }
}

function refused(title: string, body: () => string, path = '/events/bench'): Shape {
  return { title, path, status: 400, body }
}

/** `begin`, then as many pieces as fit, then `end`. */
function filled(begin: string, piece: (n: number) => string, end: string): string {
  const pieces: string[] = []
  for (let length = 0; length < BYTES; length += (pieces.at(-1) as string).length + 1) pieces.push(piece(pieces.length))
  return `${begin}${pieces.join()}${end}`
}

/** Ten members in an order that is seldom the same: `JSON.parse` is slowest with objects of ever new shapes. */
function shuffled(n: number): string {
  const members = Array.from({ length: 10 }, (_, k) => `"k${(n * 7_919 + k ** 3 * 104_729 + n * n) % 1_000}":0`)
  return `{${members.join()}}`
}

function contact(n: number): string {
  return JSON.stringify({
    id: `5511${n}@s.whatsapp.net`,
    pushName: `Name ${n}`,
    unreadCount: n % 9,
    labels: [],
    owner: { n }
  })
}

function member(n: number): string {
  return `"m${n}":0`
}

export const SHAPES: readonly Shape[] = [
  accepted('media as base64', () => `{"event":"call","data":"${'A'.repeat(BYTES)}"}`),
  accepted(
    '1,000 events',
    () =>
      `[${Array(1_000)
        .fill(`{"event":"call","data":"${'A'.repeat(9_850)}"}`)
        .join()}]`
  ),
  accepted('contacts', () => filled('{"event":"contacts.set","data":[', contact, ']}')),
  accepted('one object in data', () => filled('{"event":"call","data":{', member, '}}')),
  accepted('objects of many shapes in data', () => filled('{"event":"call","data":[', shuffled, ']}')),
  accepted('empty objects in data', () => filled('{"event":"call","data":[', () => '{}', ']}')),
  accepted('numbers in data', () => filled('{"event":"call","data":[', () => '1e23', ']}')),
  refused('empty objects as events', () => filled('[', () => '{}', ']')),
  refused('nulls as events', () => filled('[', () => 'null', ']')),
  refused('unknown members', () => filled('{"event":"call","data":1,', member, '}')),
  refused('members of extra', () => filled('{"event":"call","data":1,"extra":{', member, '}}')),
  refused('arrays in arrays', () => '['.repeat(BYTES)),
  refused('a webhook’s members', () => filled('{"event":"call","instance":"bench",', member, '}'), '/webhook/evolution')
]
