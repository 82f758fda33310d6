/** What is known of a service's instances. */
export interface Answer {
  /** `http://host:port` of each; empty when there are none. */
  readonly origins: readonly string[]
  /** How long it may be used before it is asked for again. */
  readonly validForMs: number
}

/** Where the instances of one service are registered. */
export interface InstanceSource {
  /**
   * The instances as they are now. A source that can be watched answers the second time and later only once something has
   * changed, or after a while. Rejects with an Error whose message says in words what is wrong; no instances is an answer.
   */
  next(signal: AbortSignal): Promise<Answer>
}
