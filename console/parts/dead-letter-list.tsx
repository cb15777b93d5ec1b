import { useState } from 'preact/hooks'
import { listDeadLetters, type DeadLetterFilter } from '../api/requests.ts'
import type { DeadLetter } from '../api/types.ts'
import { usePages } from '../state/use-pages.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { DeadLetterRow } from './dead-letter-row.tsx'
import type { AskedWork } from './dead-letter-question.tsx'
import { Pager } from './pager.tsx'
import { Problem } from './problem.tsx'

const PAGE_SIZE = 100

export interface DeadLetterListProps {
  filter: DeadLetterFilter
  /** Changes when the dead letters have changed: then the first page is loaded again. */
  version: number
  onAsk: (asked: AskedWork) => void
}

/** Dead letters of a filter, page by page, to choose from. */
export function DeadLetterList({ filter, version, onAsk }: DeadLetterListProps) {
  const t = texts.value
  const f = formats.value
  const of = `${JSON.stringify(filter)} ${version}`
  const pages = usePages<DeadLetter, number>(of, async (after = 0, signal) => {
    const page = await listDeadLetters({ ...filter, after, limit: PAGE_SIZE, count: true }, signal)
    return { items: page.deadLetters, count: page.count ?? 0, next: page.more ? page.after : undefined }
  })
  const [kept, setKept] = useState<{ of: string; chosen: ReadonlyMap<number, DeadLetter> }>({ of, chosen: new Map() })
  const chosen = kept.of === of ? kept.chosen : new Map<number, DeadLetter>()
  const letters = pages.items

  function choose(picked: readonly DeadLetter[], checked: boolean): void {
    const next = new Map(chosen)
    for (const letter of picked) {
      if (checked) next.set(letter.id, letter)
      else next.delete(letter.id)
    }
    setKept({ of, chosen: next })
  }

  const ask = (kind: AskedWork['kind'], picked: readonly DeadLetter[]) => onAsk({ kind, which: { letters: picked } })
  return (
    <div class="letter-list">
      <Problem error={pages.error} onRetry={pages.reload} />
      {letters.length === 0 && pages.loading && <p class="muted">{t.loading}</p>}
      {letters.length > 0 && (
        <>
          <div class="row bulk">
            <label class="check">
              <input
                type="checkbox"
                checked={letters.every(({ id }) => chosen.has(id))}
                onChange={(event) => choose(letters, event.currentTarget.checked)}
              />
              <span>{t.dead.chooseAll}</span>
            </label>
            <button type="button" disabled={chosen.size === 0} onClick={() => ask('redrive', [...chosen.values()])}>
              {t.dead.redriveChosen(f.count(chosen.size))}
            </button>
            <button
              type="button"
              class="danger"
              disabled={chosen.size === 0}
              onClick={() => ask('discard', [...chosen.values()])}
            >
              {t.dead.discardChosen(f.count(chosen.size))}
            </button>
            <span class="grow" />
            <Pager label={t.dead.paging} pages={pages} />
          </div>
          <ul class="letters">
            {letters.map((letter) => (
              <DeadLetterRow
                key={letter.id}
                letter={letter}
                chosen={chosen.has(letter.id)}
                onChoose={(checked) => choose([letter], checked)}
                onRedrive={() => ask('redrive', [letter])}
                onDiscard={() => ask('discard', [letter])}
              />
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
