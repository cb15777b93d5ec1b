import { useMemo, useState } from 'preact/hooks'
import type { ConnectionError } from '../../lib/client/types.ts'
import type { ApiError } from '../api/call.ts'
import { setSelection } from '../api/requests.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Problem } from './problem.tsx'
import { ServerText } from './server-text.tsx'

export interface ListeningHelpProps {
  error: ConnectionError
  instance: string | undefined
  onFixed: () => void
}

/** The reason for which the server refuses the connection, with a remedy. */
export function ListeningHelp({ error, instance, onFixed }: ListeningHelpProps) {
  const t = texts.value
  const retryAt = useMemo(() => Date.now() + (error.retryAfterMs ?? 0), [error])
  const [problem, setProblem] = useState<ApiError | undefined>()
  const notSet = instance !== undefined && (error.code === 'IEV_WS_NOT_SET' || error.code === 'IEV_WS_DISABLED')

  async function enable(name: string): Promise<void> {
    try {
      await setSelection('websocket', name, { enabled: true })
      onFixed()
    } catch (error) {
      setProblem(toApiError(error))
    }
  }

  return (
    <div class="problem" role="alert">
      <p>
        <strong>{notSet ? t.live.notEnabled(instance) : t.live.refused}</strong> <code>{error.code}</code>
      </p>
      {!notSet && <ServerText code={error.code} message={error.message} />}
      {error.retryAfterMs !== undefined && <p>{t.live.retryAt(formats.value.clock(retryAt))}</p>}
      <Problem error={problem} />
      {notSet ? (
        <button type="button" class="primary" onClick={() => void enable(instance)}>
          {t.live.enable}
        </button>
      ) : (
        <button type="button" onClick={onFixed}>
          {t.tryAgain}
        </button>
      )}
    </div>
  )
}
