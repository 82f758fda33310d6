import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false }

export const ModelEntry = Type.Object(
  {
    providerModel: Type.Optional(Type.String({ description: "The provider's name for it, when it differs." })),
    contextTokensMax: Type.Optional(Type.Integer({ minimum: 1, description: 'Input and output together, in tokens.' })),
  },
  closed,
)

export const ProviderEntry = Type.Object(
  {
    kind: Type.Optional(
      Type.Union([Type.Literal('openai-compatible'), Type.Literal('responses'), Type.Literal('anthropic')], {
        description:
          "The dialect that it speaks: Chat Completions, which is meant when absent, OpenAI's Responses, or Messages.",
      }),
    ),
    baseUrl: Type.String({
      description:
        "The API root, as the provider's documentation gives it: `https://api.example.com/v1`; of `anthropic`, without `/v1`.",
    }),
    apiKeyEnv: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
        description:
          'The environment variable that holds the key, or with `_FILE` after it the path of a file that does; absent when the provider needs none.',
      }),
    ),
    models: Type.Optional(
      Type.Record(Type.String(), ModelEntry, {
        description: 'Models served under their own names. Without it the provider takes any name.',
      }),
    ),
  },
  closed,
)

export const PriceEntry = Type.Object(
  {
    input: Type.Number(),
    cachedInput: Type.Optional(
      Type.Number({ description: 'Input that the provider had cached; the price of other input when absent.' }),
    ),
    output: Type.Number(),
  },
  {
    ...closed,
    description:
      'In units of the one currency that all prices and budgets are in, per million tokens, as providers publish them.',
  },
)

export const PricesEntry = Type.Object(
  {
    version: Type.String({
      description: 'Names this state of the prices; every ledger row carries it. Change it with the figures.',
    }),
    models: Type.Record(Type.String(), PriceEntry, { description: "By a model's name, or by `provider/model`." }),
  },
  closed,
)

export const TemplateEntry = Type.Object(
  {
    version: Type.Optional(Type.String()),
    text: Type.String({ description: 'Text with `{{name}}` placeholders.' }),
    variables: Type.Optional(Type.Array(Type.String())),
  },
  closed,
)

/**
 * The optional configuration file. It holds what does not fit an environment variable; secrets stay outside and are named
 * here by their variable.
 */
export const ConfigFile = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'For editors; not used.' })),
    providers: Type.Optional(
      Type.Record(Type.String(), ProviderEntry, {
        description: 'Named providers, in the order in which models are looked up.',
      }),
    ),
    prices: Type.Optional(PricesEntry),
    templates: Type.Optional(Type.Record(Type.String(), TemplateEntry, { description: 'Prompt templates by id.' })),
    postProcessing: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Post-processing steps, in order; the names of files in `services/response/application/steps/`.',
      }),
    ),
    settings: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
        description:
          'Settings by the names of their environment variables, which come first when both are there. No secrets.',
      }),
    ),
  },
  closed,
)

export type ConfigFile = Static<typeof ConfigFile>
export type ProviderEntry = Static<typeof ProviderEntry>
export type ModelEntry = Static<typeof ModelEntry>
export type PricesEntry = Static<typeof PricesEntry>
export type PriceEntry = Static<typeof PriceEntry>
export type TemplateEntry = Static<typeof TemplateEntry>
