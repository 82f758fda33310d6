import { runJourneys } from '../conformance/run-journeys.ts'
import { kafkaVariant } from '../harness/kafka-variant.ts'
import { postgresVariant } from '../harness/postgres-variant.ts'
import type { PlaceOptions } from '../harness/topologies.ts'
import { onDemand, together } from '../harness/variants.ts'
import { findImages } from './find-images.ts'
import { placeImages } from './place-images.ts'

const images = await findImages()
if (images.skip !== false) {
  runJourneys('split', { name: 'from images', env: {}, skip: images.skip })
} else {
  const { runner } = images
  const place = (_topology: string, options: PlaceOptions) => placeImages(runner, options)
  const plain = { name: 'from images', env: {}, skip: false, place } as const
  const whole = together(plain, await kafkaVariant(), await postgresVariant())
  runJourneys('split', whole)
  runJourneys('split', { ...plain, skip: whole.skip === false && onDemand })
}
