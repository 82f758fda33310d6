const price = { input: 1, cachedInput: 0.5, output: 2 }

/** What `parley.config.ts` says in the systems of the journeys. */
export const configFile = ({ upstreamUrl, floodUrl }: { upstreamUrl: string; floodUrl: string }) => ({
  providers: {
    listed: { baseUrl: upstreamUrl, models: { 'listed-model': { providerModel: 'renamed-by-config' } } },
    flood: { baseUrl: floodUrl, models: { flood: {} } },
  },
  prices: { version: 'journeys-1', models: { 'priced-model': price, 'budget-for-one': price } },
  templates: {
    tutor: { version: '1', text: 'You teach {{subject}} in a {{tone}} tone.' },
  },
})
