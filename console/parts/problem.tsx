import type { ApiError } from '../api/call.ts'
import { explanationsOf } from '../explain.ts'
import { texts } from '../texts/current.ts'
import { messageWords, sentenceOf } from '../texts/message-words.ts'
import { Explanations } from './explanations.tsx'

/** The error of a request with what the server says, and a button to try again. */
export function Problem({ error, onRetry }: { error: ApiError | undefined; onRetry?: () => void }) {
  const t = texts.value
  return (
    <div role="alert">
      {error && (
        <div class="problem">
          <p>
            <strong>{sentenceOf(error.code) ?? t.errors.other}</strong> <code>{error.code}</code>
          </p>
          <Explanations of={explanationsOf(error, messageWords.value)} />
          {onRetry && (
            <button type="button" onClick={onRetry}>
              {t.tryAgain}
            </button>
          )}
        </div>
      )}
    </div>
  )
}
