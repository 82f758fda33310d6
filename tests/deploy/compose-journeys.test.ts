import { runJourneys, type Variant } from '../conformance/run-journeys.ts'
import { findComposeEngine } from './compose-engine.ts'
import { placeCompose } from './place-compose.ts'

const engine = await findComposeEngine('split')
const variant = (topology: string): Variant => ({
  name: `brought up by Compose from ${topology}.yaml`,
  env: {},
  skip: 'missing' in engine && engine.missing,
  ...(!('missing' in engine) && {
    place: (_topology, options) => placeCompose(engine, topology, options),
  }),
})

runJourneys('split', variant('split'))
runJourneys('one-process', variant('all-in-one'))
