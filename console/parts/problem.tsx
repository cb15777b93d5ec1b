import type { ApiError } from '../api/call.ts'
import { texts } from '../texts/current.ts'

/** The error of a request with the server's messages, and a button to try again. */
export function Problem({ error, onRetry }: { error: ApiError | undefined; onRetry?: () => void }) {
  const t = texts.value
  return (
    <div role="alert">
      {error && (
        <div class="problem">
          <p>
            <strong>{t.errors[error.code as keyof typeof t.errors] ?? t.errors.other}</strong> <code>{error.code}</code>
          </p>
          {error.messages.map((message) => (
            <p key={message}>{message}</p>
          ))}
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
