import { kafkaVariant } from '../harness/kafka-variant.ts'
import { onDemand } from '../harness/variants.ts'
import { runJourneys } from './run-journeys.ts'

const kafka = await kafkaVariant()
runJourneys('split', { ...kafka, skip: onDemand || kafka.skip })
