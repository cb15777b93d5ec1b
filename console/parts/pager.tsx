import type { Pages } from '../state/use-pages.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

interface PagerProps {
  /** What the list has, for a screen reader. */
  label: string
  pages: Pages<unknown>
}

/** Position of the page in the list, and buttons to the pages before and after it. */
export function Pager({ label, pages: { items, first, count, previous, next } }: PagerProps) {
  const t = texts.value
  const f = formats.value
  const last = first + items.length - 1
  return (
    <nav class="row pager" aria-label={label}>
      <span role="status">
        {items.length === 0
          ? t.range('0', '0', f.count(count))
          : t.range(f.count(first), f.count(last), f.count(count))}
      </span>
      <button type="button" aria-disabled={!previous} onClick={previous}>
        {t.previous}
      </button>
      <button type="button" aria-disabled={!next} onClick={next}>
        {t.next}
      </button>
    </nav>
  )
}
