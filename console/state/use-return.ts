import { useEffect } from 'preact/hooks'

/** Calls `onReturn` when the user returns from another window, since the data may have changed. */
export function useReturn(onReturn: () => void): void {
  useEffect(() => {
    addEventListener('focus', onReturn)
    return () => removeEventListener('focus', onReturn)
  }, [onReturn])
}
