/** How work that takes a while is stopped, and says how far it is. */
export interface Running<Progress> {
  signal: AbortSignal
  onProgress: (progress: Progress) => void
}
