import { kafkaVariant } from '../harness/kafka-variant.ts'
import { runJourneys } from './run-journeys.ts'

runJourneys('split', await kafkaVariant())
