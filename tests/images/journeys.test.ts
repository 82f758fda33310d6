import { runJourneys } from '../conformance/run-journeys.ts'
import { kafkaVariant } from '../harness/kafka-variant.ts'
import { postgresVariant } from '../harness/postgres-variant.ts'
import type { PlaceOptions } from '../harness/topologies.ts'
import { findImages } from './find-images.ts'
import { placeImages } from './place-images.ts'

const images = await findImages()
if (images.skip !== false) {
  runJourneys('split', { name: 'from images', env: {}, skip: images.skip })
} else {
  const { runner } = images
  const place = (_topology: string, options: PlaceOptions) => placeImages(runner, options)
  runJourneys('split', { name: 'from images', env: {}, skip: false, place })

  const kafka = await kafkaVariant()
  const postgres = await postgresVariant()
  runJourneys('split', {
    name: 'from images, events through Kafka and data in PostgreSQL',
    env: { ...kafka.env, ...postgres.env },
    skip: kafka.skip || postgres.skip,
    place,
  })
}
