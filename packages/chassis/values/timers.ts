/** Delayed work. Only the composition root makes real timers; tests hold fake ones that move with their clock. */
export interface Timers {
  /** Runs `action` once, `delayMs` from now; the returned function cancels it. Never keeps a process alive. */
  after(delayMs: number, action: () => void): () => void
}
