import { useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { renewToken } from '../api/requests.ts'
import type { Renewed } from '../api/types.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Dialog } from './dialog.tsx'
import { NewToken } from './new-token.tsx'
import { Problem } from './problem.tsx'

/** Replaces the token of an instance, and shows the new one once. */
export function RenewToken({ name, onClose }: { name: string; onClose: () => void }) {
  const t = texts.value
  const [keepOldForSeconds, setKeepOldForSeconds] = useState(0)
  const [renewed, setRenewed] = useState<Renewed | undefined>()
  const [error, setError] = useState<ApiError | undefined>()
  async function renew(): Promise<void> {
    try {
      setRenewed(await renewToken(name, keepOldForSeconds))
    } catch (error) {
      setError(toApiError(error))
    }
  }
  return (
    <Dialog title={t.danger.token} onClose={onClose}>
      {renewed === undefined ? (
        <>
          <p>{t.danger.tokenWarning(name)}</p>
          <label class="field">
            <span>{t.danger.oldToken}</span>
            <select
              value={keepOldForSeconds}
              onChange={(event) => setKeepOldForSeconds(Number(event.currentTarget.value))}
            >
              {t.danger.keepOldFor.map(([seconds, label]) => (
                <option key={seconds} value={seconds}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        </>
      ) : (
        <>
          <NewToken token={renewed.hash} />
          {renewed.oldValidUntil && <p>{t.danger.oldValidUntil(formats.value.dateTime(renewed.oldValidUntil))}</p>}
        </>
      )}
      <Problem error={error} />
      <div class="row end">
        <button type="button" onClick={onClose}>
          {renewed === undefined ? t.cancel : t.close}
        </button>
        {renewed === undefined && (
          <button type="button" class="danger" onClick={() => void renew()}>
            {t.danger.token}
          </button>
        )}
      </div>
    </Dialog>
  )
}
