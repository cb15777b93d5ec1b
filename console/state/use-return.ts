import { useEffect } from 'preact/hooks'

/** Calls back when who left the page for another window comes back: much may have happened meanwhile. */
export function useReturn(onReturn: () => void): void {
  useEffect(() => {
    addEventListener('focus', onReturn)
    return () => removeEventListener('focus', onReturn)
  }, [onReturn])
}
