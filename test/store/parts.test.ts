import t from 'tap'
import { cut, isLarge, PART_CHARACTERS } from '../../lib/store/parts.ts'

t.test('a text is cut into parts that are the text when they are joined, and no character is cut', async (t) => {
  for (const begin of ['', 'x']) {
    const text = `${begin}${'💬'.repeat(PART_CHARACTERS)}`
    const parts = cut(text)
    t.equal(parts.join(''), text)
    t.ok(parts.every((part) => part.isWellFormed() && part.length <= PART_CHARACTERS))
    t.ok(parts.length <= 3)
  }
})

t.test('a text is large if it does not fit into one part', async (t) => {
  const text = 'x'.repeat(PART_CHARACTERS)
  t.strictSame(
    [text, `${text}x`].map((each) => [isLarge(each), cut(each).length]),
    [
      [false, 1],
      [true, 2]
    ]
  )
})
