import { noDnsServer } from '../harness/dns-server.ts'
import { kafkaVariant } from '../harness/kafka-variant.ts'
import { placeDiscovered } from '../harness/place-discovered.ts'
import { postgresVariant } from '../harness/postgres-variant.ts'
import { onDemand, together } from '../harness/variants.ts'
import { runJourneys } from './run-journeys.ts'

const discovered = { name: 'found by SRV records', env: {}, skip: noDnsServer, place: placeDiscovered }
const whole = together(discovered, await postgresVariant(), await kafkaVariant())
runJourneys('split', whole)
runJourneys('split', { ...discovered, skip: (whole.skip === false && onDemand) || discovered.skip })
