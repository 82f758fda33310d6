import { findKafka } from '@parley/testkit/services.ts'
import { deliverySuite } from './delivery-suite.ts'
import { kafkaSettings, kafkaWay } from './kafka-way.ts'

const kafka = await findKafka()

deliverySuite(
  'Kafka',
  'missing' in kafka
    ? { openWay: () => Promise.reject(new Error(kafka.missing)) as never, skip: kafka.missing }
    : { openWay: () => kafkaWay(kafkaSettings(kafka.brokers)) },
)
