import type { AnyCall, CallsOf, Contract, StreamCall, UnaryCall } from '@parley/chassis/contract/define-contract.ts'
import type { ErrorCode } from '@parley/chassis/values/errors.ts'
import type { Static } from 'typebox'

/** Two services of which one calls the other, and what passes between them. */
export interface Pair {
  readonly consumer: string
  readonly provider: string
  /** Everything that the consumer may call. */
  readonly contract: Contract
  readonly interactions: readonly AnyInteraction[]
}

/** A client of any service, as the consumer is given it. */
export type ClientOf = <C extends Contract>(contract: C) => CallsOf<C>

/** One call as the consumer makes it and the answer that it relies on. */
interface Expectation {
  /** What the consumer does, after its name: `reserves an open session`. Unique within the pair. */
  readonly what: string
  /** What must be so at the provider; it says how to bring that about. */
  readonly given?: string
  /** Ids that the provider makes: the name under which it tells each, and the example that stands for it here. */
  readonly ids?: Readonly<Record<string, string>>
  /** What the consumer makes of the answer, when that is more than passing it on. */
  readonly makes?: unknown
  /** The error that the consumer makes of the answer, when it is another one. */
  readonly fails?: ErrorCode
}

type Answer<Call> =
  Call extends StreamCall<infer _In, infer Frames>
    ? { readonly frames: readonly Static<Frames>[]; readonly error?: ErrorCode } | { readonly error: ErrorCode }
    : Call extends UnaryCall<infer _In, infer Out>
      ? { readonly answer: Static<Out> } | { readonly error: ErrorCode }
      : never

type InteractionOf<Name, Call extends AnyCall, Consumer> = Expectation &
  Answer<Call> & {
    readonly call: Name
    readonly input: Static<Call['in']>
    /** Runs the consumer's own code. */
    readonly use: (consumer: Consumer) => Promise<unknown>
  }

type Interaction<C extends Contract, Consumer> = {
  [Name in keyof C['calls'] & string]: InteractionOf<Name, C['calls'][Name], Consumer>
}[keyof C['calls'] & string]

/** An interaction as the recorder sees it, whatever its types. */
export interface AnyInteraction extends Expectation {
  readonly call: string
  readonly input: unknown
  readonly answer?: unknown
  readonly frames?: readonly unknown[]
  readonly error?: ErrorCode
  readonly use: (clientOf: ClientOf) => Promise<unknown>
}

export function definePair<const C extends Contract, Consumer>(definition: {
  consumer: string
  contract: C
  /** Puts the consumer's own code over clients. */
  createConsumer: (clientOf: ClientOf) => Consumer
  interactions: readonly Interaction<C, Consumer>[]
}): Pair {
  const { consumer, contract, createConsumer } = definition
  const interactions = definition.interactions.map((interaction): AnyInteraction => {
    const use = interaction.use as (consumer: Consumer) => Promise<unknown>
    return { ...interaction, use: (clientOf) => use(createConsumer(clientOf)) }
  })
  return { consumer, provider: contract.name, contract, interactions }
}
