/** Is told of every statement of one connection to a database. */
export interface StatementObserver {
  statement(sql: string, values: readonly unknown[]): void
  /** Before the commit is sent. */
  beforeCommit(): void
  /** The commit is durable, and nobody has been told. */
  afterCommit(): void
}

export type CreateObserver = () => StatementObserver
