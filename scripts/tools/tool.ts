/** A program that development uses where it is there, and that takes minutes to get. */
export interface Tool {
  readonly name: string
  readonly description: string
  /** Its file below `folder`; null when it is not there. */
  find(folder: string): string | null
  /** Puts it below `folder` and resolves to its file. Rejects with words for whoever asked for it. */
  get(folder: string): Promise<string>
}
