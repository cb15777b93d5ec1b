import { texts } from '../texts/current.ts'

export function Brand() {
  return (
    <p class="brand">
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
        <rect width="32" height="32" rx="8" class="brand-ground" />
        <path d="M7 11h11M7 16h18M7 21h7" class="brand-lines" />
        <circle cx="23" cy="11" r="2.5" class="brand-dot" />
      </svg>
      <span>{texts.value.product}</span>
    </p>
  )
}
