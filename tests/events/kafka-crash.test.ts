import { randomUUID } from 'node:crypto'
import { findKafka } from '@parley/testkit/services.ts'
import { crashSuite } from '../../packages/chassis/test/events/crash-suite.ts'

const kafka = await findKafka()

crashSuite('Kafka', {
  args: () => ('missing' in kafka ? [] : [kafka.brokers, `test-${randomUUID()}.`]),
  skip: 'missing' in kafka ? kafka.missing : false,
})
