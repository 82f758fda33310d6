/** A secret that does not show when it is logged, printed or put into JSON. */
export class ApiKey {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The key itself: for the request to the provider, and for cutting it out of what the provider says. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }
}
