import { countOf, type WhichDeadLetters } from '../dead-letter-pages.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Dialog } from './dialog.tsx'
import { ReasonList } from './reason-list.tsx'

/** Work on dead letters that the user has asked for. */
export interface AskedWork {
  kind: 'redrive' | 'discard'
  which: WhichDeadLetters
  /** Reasons of those that fit a filter, with their numbers. */
  reasons?: readonly (readonly [code: string, count: number])[]
}

interface DeadLetterQuestionProps {
  asked: AskedWork
  onConfirm: () => void
  onClose: () => void
}

/** Asks before work that cannot be undone, or that concerns many. */
export function DeadLetterQuestion({ asked, onConfirm, onClose }: DeadLetterQuestionProps) {
  const t = texts.value
  const count = formats.value.count(countOf(asked.which))
  const isDiscard = asked.kind === 'discard'
  return (
    <Dialog title={isDiscard ? t.dead.discardTitle(count) : t.dead.redriveTitle(count)} onClose={onClose}>
      <p>{isDiscard ? t.dead.discardWarning : t.dead.redriveWarning}</p>
      <ReasonList reasons={asked.reasons ?? reasonsOf(asked)} />
      <div class="row end">
        <button type="button" onClick={onClose}>
          {t.cancel}
        </button>
        <button type="button" class={isDiscard ? 'danger' : 'primary'} onClick={onConfirm}>
          {isDiscard ? t.dead.discard(count) : t.dead.redrive(count)}
        </button>
      </div>
    </Dialog>
  )
}

function reasonsOf({ which }: AskedWork): Map<string, number> {
  const counts = new Map<string, number>()
  const letters = 'letters' in which ? which.letters : []
  for (const { reason } of letters) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return counts
}
