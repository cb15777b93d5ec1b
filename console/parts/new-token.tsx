import { texts } from '../texts/current.ts'
import { CopyButton } from './copy-button.tsx'

export function NewToken({ token }: { token: string }) {
  const t = texts.value
  return (
    <div class="token">
      <p>{t.token.once}</p>
      <p class="row">
        <code class="grow">{token}</code>
        <CopyButton text={token} what={t.token.name} />
      </p>
    </div>
  )
}
