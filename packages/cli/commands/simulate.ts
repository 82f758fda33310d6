import { type SimulatedUpstream, startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'

/** Serves the simulated model over HTTP as an OpenAI-compatible provider, until `close` is called. */
export async function simulate({ port }: { port: number }): Promise<SimulatedUpstream> {
  const upstream = await startSimulatedUpstream({ port })
  console.log(`The simulated model listens on ${upstream.url}`)
  console.log(`Point Parley at it:  OPENAI_BASE_URL=${upstream.url} npm start`)
  return upstream
}
