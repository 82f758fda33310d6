import { noDnsServer } from '../harness/dns-server.ts'
import { placeDiscovered } from '../harness/place-discovered.ts'
import { runJourneys } from './run-journeys.ts'

runJourneys('split', { name: 'found by SRV records', env: {}, skip: noDnsServer, place: placeDiscovered })
